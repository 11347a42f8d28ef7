// SPDX-License-Identifier: Apache-2.0

package defaults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// finalizer holds a default from its creation until that is remembered.
const finalizer = v1alpha1.GroupName + "/installing"

// install is a pass. One default that fails is not in the way of the others.
func (c *Controller) install(ctx context.Context) error {
	record, err := readRecord(ctx, c.records)
	if err != nil {
		return err
	}
	var failed []error
	for _, item := range c.defaults {
		if record.has(item.key) {
			continue
		}
		became, err := c.create(ctx, item, record)
		if err != nil {
			failed = append(failed, fmt.Errorf("create the default %s: %w", item.key, err))
			continue
		}
		if became != "" {
			record.set(item.key, became)
		}
	}
	if err := record.write(ctx, c.records, c.fieldManager); err != nil {
		return errors.Join(append(failed, err)...)
	}
	for _, item := range c.defaults {
		if record.of(item.key) != created {
			continue
		}
		if err := c.release(ctx, item); err != nil {
			failed = append(failed, fmt.Errorf("release the default %s: %w", item.key, err))
		}
	}
	return errors.Join(failed...)
}

// create creates a default, held by the finalizer, and says what became of it. Nothing becomes of one that the server
// refuses, for example because its namespace is somebody's: it is tried again after the next start.
func (c *Controller) create(ctx context.Context, item item, record *record) (outcome, error) {
	log := klog.FromContext(ctx).WithValues("default", item.key)
	if project, ok := item.object.(*v1alpha1.Project); ok {
		tenant := keyOf("Tenant", project.Spec.TenantRef.Name)
		if !record.has(tenant) {
			return "", nil // It comes first.
		}
		if record.of(tenant) != created {
			log.Info("The default Project is left out: its Tenant is somebody else's")
			return skipped, nil
		}
	}
	held := item.object.DeepCopyObject().(object)
	held.SetFinalizers([]string{finalizer})
	err := item.create(ctx, held, metav1.CreateOptions{FieldManager: c.fieldManager})
	switch {
	case err == nil:
		log.Info("A default resource was created")
		return created, nil
	case apierrors.IsAlreadyExists(err):
		return c.recognize(ctx, item)
	case apierrors.HasStatusCause(err, metav1.CauseTypeFieldValueNotFound):
		log.Info("A default resource is left out: what it belongs to was deleted", "err", err)
		return skipped, nil
	case apierrors.IsInvalid(err):
		log.Error(err, "A default resource is refused and left out until the next start")
		return "", nil
	default:
		return "", err
	}
}

// recognize tells a default that was created but not remembered from somebody else's object of that name.
func (c *Controller) recognize(ctx context.Context, item item) (outcome, error) {
	have, err := item.get(ctx, item.object.GetNamespace(), item.object.GetName())
	if err != nil {
		return "", err
	}
	if slices.Contains(have.GetFinalizers(), finalizer) {
		return created, nil
	}
	klog.FromContext(ctx).Info("A default resource is left out: there is an object of its name", "default", item.key)
	return found, nil
}

// release takes the finalizer off a default, whether or not it is being deleted.
func (c *Controller) release(ctx context.Context, item item) error {
	namespace, name := item.object.GetNamespace(), item.object.GetName()
	have, err := item.get(ctx, namespace, name)
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(slices.Clone(have.GetFinalizers()), func(name string) bool { return name == finalizer })
	if len(others) == len(have.GetFinalizers()) {
		return nil
	}
	merge, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": have.GetUID(), "resourceVersion": have.GetResourceVersion(), "finalizers": others,
	}})
	if err != nil {
		return err
	}
	err = item.patch(ctx, namespace, name, merge, metav1.PatchOptions{FieldManager: c.fieldManager})
	if gone(err) {
		return nil
	}
	return err
}

// gone tells whether the server says that an object is not there. A 404 may also say that nobody serves its kind.
func gone(err error) bool {
	return apierrors.IsNotFound(err) && !apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}
