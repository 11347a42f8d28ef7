// SPDX-License-Identifier: Apache-2.0

package project

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/pkg/controllers/claim"
	"spectrocloud.com/tenancy/pkg/controllers/finalizer"
	"spectrocloud.com/tenancy/pkg/controllers/status"
)

// mostNamed bounds how many of the consumers that remain a message names.
const mostNamed = 3

// finalize takes back what the Project was given: access first, then what uses GPUs, then the namespace, then our
// finalizer, after which there is nothing to report on. The Project lives in its namespace, so it goes as soon as that is
// on its way: to wait for the namespace's end would be to wait for itself.
func (c *Controller) finalize(ctx context.Context, project *v1alpha1.Project) (*status.Report, error) {
	if !finalizer.On(project) {
		return nil, nil
	}
	if !claim.Protected(project.Name, c.SystemNamespace) {
		if err := c.Grants.Revoke(ctx, access.SelectProject(project.Name), project.Name, c.SystemNamespace); err != nil {
			return &status.Report{Access: status.Failed(err, status.AccessFailed)}, err
		}
	}
	if err := c.removeConsumers(ctx, project); err != nil {
		return &status.Report{Namespace: status.Failed(err, status.ConsumersRemain)}, err
	}
	if _, err := c.Namespaces.Release(ctx, c.ownerOf(project), func(ctx context.Context) error {
		return c.Grants.Open(ctx, access.SelectProject(project.Name), project.Name)
	}); err != nil {
		return &status.Report{Namespace: status.Failed(err, status.NamespaceFailed)}, err
	}
	patch, err := finalizer.Off(project)
	if err != nil {
		return nil, err
	}
	_, err = c.Client.SpectrocloudV1alpha1().Projects(project.Namespace).Patch(ctx, project.Name, types.MergePatchType, patch,
		metav1.PatchOptions{FieldManager: c.FieldManager})
	if apierrors.IsNotFound(err) {
		return nil, nil // Gone already; the cache is yet to hear of it.
	}
	return nil, err
}

// removeConsumers deletes the AIWorkloads and ComputePools of a Project. They need not go with the namespace, which may
// outlive the Project, and the server keeps a Project as long as any of them holds GPUs or waits for some. A
// *status.Blocked says which remain; the end of each is an event.
func (c *Controller) removeConsumers(ctx context.Context, project *v1alpha1.Project) error {
	if err := c.going(ctx, project); err != nil {
		return err
	}
	workloads, err := remove(ctx, c.Client.SpectrocloudV1alpha1().AIWorkloads(project.Namespace), "AIWorkloads")
	if err != nil {
		return err
	}
	pools, err := remove(ctx, c.Client.SpectrocloudV1alpha1().ComputePools(project.Namespace), "ComputePools")
	if err != nil {
		return err
	}
	if remain := append(workloads, pools...); len(remain) > 0 {
		return status.Block(status.ConsumersRemain, "Waiting for its %s to go: they are being deleted, and those that stay are held by finalizers",
			strings.Join(remain, " and "))
	}
	return nil
}

// going fails unless the server still has the very Project, being deleted: a cache that is behind must not cost another
// Project of that name its workloads.
func (c *Controller) going(ctx context.Context, project *v1alpha1.Project) error {
	live, err := c.Client.SpectrocloudV1alpha1().Projects(project.Namespace).Get(ctx, project.Name, metav1.GetOptions{})
	if err == nil && (live.UID != project.UID || live.DeletionTimestamp.IsZero()) {
		err = apierrors.NewConflict(v1alpha1.Resource("projects"), project.Name, errors.New("it is another Project, which is not being deleted"))
	}
	return err
}

// collection is what remove needs of a kind's client.
type collection[L runtime.Object] interface {
	DeleteCollection(context.Context, metav1.DeleteOptions, metav1.ListOptions) error
	List(context.Context, metav1.ListOptions) (L, error)
}

// remove deletes all objects of a namespace and kind, and says how many remain, and the first of their names. It asks the
// server, whose word counts before a namespace is released; a cache may be behind.
func remove[L runtime.Object](ctx context.Context, objects collection[L], kind string) (remain []string, err error) {
	if err := objects.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{}); err != nil {
		return nil, fmt.Errorf("delete the Project's %s: %w", kind, err)
	}
	list, err := objects.List(ctx, metav1.ListOptions{Limit: mostNamed})
	if err != nil {
		return nil, fmt.Errorf("list the Project's %s: %w", kind, err)
	}
	var names []string
	if err := meta.EachListItem(list, func(object runtime.Object) error {
		names = append(names, object.(metav1.Object).GetName())
		return nil
	}); err != nil || len(names) == 0 {
		return nil, err
	}
	count := int64(len(names))
	if more, err := meta.ListAccessor(list); err == nil && more.GetRemainingItemCount() != nil {
		count += *more.GetRemainingItemCount()
		names = append(names, "...")
	}
	return []string{fmt.Sprintf("%s (%d: %s)", kind, count, strings.Join(names, ", "))}, nil
}
