// SPDX-License-Identifier: Apache-2.0

package claim

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	corelisters "k8s.io/client-go/listers/core/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/pkg/controllers/status"
)

// Namespaces claims and releases the namespaces of Tenants and Projects.
type Namespaces struct {
	client          corev1client.NamespaceInterface
	cache           corelisters.NamespaceLister
	systemNamespace string
	fieldManager    string
}

// New returns the Namespaces of a host cluster.
func New(client corev1client.NamespaceInterface, cache corelisters.NamespaceLister, systemNamespace, fieldManager string) *Namespaces {
	return &Namespaces{client, cache, systemNamespace, fieldManager}
}

// Claim makes sure that the owner has its namespace, and tells whether it was adopted. alive must read the owner from the
// server and fail where it is gone or going: a namespace made for an owner that a stale cache remembers would stay behind.
// A *status.Blocked says that the namespace can't be had now.
func (n *Namespaces) Claim(ctx context.Context, owner Owner, alive func(context.Context) error) (adopted bool, err error) {
	if Protected(owner.Name, n.systemNamespace) {
		return false, status.Block(status.NamespaceProtected, "Namespace %s can't be claimed by a %s: choose another name", owner.Name, owner.Kind)
	}
	namespace, err := n.cache.Get(owner.Name)
	if apierrors.IsNotFound(err) {
		var created bool
		if namespace, created, err = n.create(ctx, owner, alive); created {
			return false, nil
		}
	}
	if err != nil {
		return false, err
	}
	adopt, err := Judge(namespace, owner)
	if err != nil {
		return false, err
	}
	if adopt {
		if err := alive(ctx); err != nil {
			return false, err
		}
	}
	adopted = adopt || owner.adopted(namespace)
	return adopted, n.mark(ctx, namespace, owner, adopted)
}

// create makes the namespace, with its marks from the first moment on. Where someone was faster it returns theirs.
func (n *Namespaces) create(ctx context.Context, owner Owner, alive func(context.Context) error) (theirs *corev1.Namespace, created bool, err error) {
	if err := alive(ctx); err != nil {
		return nil, false, err
	}
	_, err = n.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: owner.Name, Labels: owner.marks(), Annotations: map[string]string{v1alpha1.AnnotationOwnerUID: string(owner.UID)},
	}}, metav1.CreateOptions{FieldManager: n.fieldManager})
	if apierrors.IsAlreadyExists(err) {
		theirs, err = n.client.Get(ctx, owner.Name, metav1.GetOptions{})
		return theirs, false, err
	}
	if err != nil {
		return nil, false, fmt.Errorf("create namespace %s: %w", owner.Name, err)
	}
	return nil, true, nil
}

// annotationPodsBefore is, on an adopted namespace, what said which Pods it takes before: those of Owner.Pods that it had, in
// JSON. Who handed it over may have been stricter than the owner, or than the cluster is with a namespace that says nothing.
const annotationPodsBefore = v1alpha1.GroupName + "/pod-labels-before"

// mark puts the owner's labels and annotations on the namespace where any is missing. The resourceVersion makes sure that
// what was judged is what is marked.
func (n *Namespaces) mark(ctx context.Context, namespace *corev1.Namespace, owner Owner, adopted bool) error {
	annotations := map[string]string{v1alpha1.AnnotationOwnerUID: string(owner.UID)}
	if adopted {
		annotations[v1alpha1.AnnotationAdopted] = "true"
		if before, noted := namespace.Annotations[annotationPodsBefore]; noted {
			annotations[annotationPodsBefore] = before
		} else if _, ours := namespace.Annotations[v1alpha1.AnnotationOwnerUID]; !ours {
			annotations[annotationPodsBefore] = podsBefore(namespace, owner)
		}
	}
	if contains(namespace.Labels, owner.marks()) && contains(namespace.Annotations, annotations) {
		return nil
	}
	_, err := n.client.Apply(ctx, corev1ac.Namespace(namespace.Name).
		WithUID(namespace.UID).WithResourceVersion(namespace.ResourceVersion).
		WithLabels(owner.marks()).WithAnnotations(annotations),
		metav1.ApplyOptions{FieldManager: n.fieldManager, Force: true})
	if err != nil {
		return fmt.Errorf("mark namespace %s: %w", namespace.Name, err)
	}
	return nil
}

// Confirm reads the namespace from the server and fails unless it is still the owner's. It comes before the first write
// of a sync into the namespace, so that a stale cache does not grant rights in a namespace that has changed hands.
func (n *Namespaces) Confirm(ctx context.Context, owner Owner) error {
	namespace, err := n.client.Get(ctx, owner.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	adopt, err := Judge(namespace, owner)
	if err == nil && adopt {
		err = apierrors.NewConflict(corev1.Resource("namespaces"), owner.Name, fmt.Errorf("the mark of %s %s is gone", owner.Kind, owner.Name))
	}
	return err
}

// Remains says what a release leaves of a namespace.
type Remains int

// What Release leaves.
const (
	Gone        Remains = iota // It is not there.
	Terminating                // It is being deleted.
	Kept                       // It is there to stay, without a mark of the owner.
)

// Release gives the owner's namespace back: one that was made for the owner is deleted, an adopted one loses our marks,
// and one that is not marked as the owner's is left alone. clear takes out of an adopted one what would otherwise go with
// the namespace. Release reads from the server and can be repeated.
func (n *Namespaces) Release(ctx context.Context, owner Owner, clear func(context.Context) error) (Remains, error) {
	if Protected(owner.Name, n.systemNamespace) {
		return Kept, nil
	}
	namespace, err := n.client.Get(ctx, owner.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return Gone, nil
	case err != nil:
		return Kept, err
	case namespace.Annotations[v1alpha1.AnnotationOwnerUID] != string(owner.UID):
		return Kept, nil
	case !namespace.DeletionTimestamp.IsZero():
		return Terminating, nil
	case owner.adopted(namespace):
		if err := clear(ctx); err != nil {
			return Kept, err
		}
		return Kept, n.unmark(ctx, namespace, owner)
	}
	err = n.client.Delete(ctx, owner.Name, metav1.DeleteOptions{
		Preconditions: &metav1.Preconditions{UID: &namespace.UID, ResourceVersion: &namespace.ResourceVersion},
	})
	if apierrors.IsNotFound(err) {
		return Gone, nil
	}
	return Terminating, err
}

// podsBefore is what annotationPodsBefore is to hold.
func podsBefore(namespace *corev1.Namespace, owner Owner) string {
	before := map[string]string{}
	for label := range owner.Pods {
		if value, had := namespace.Labels[label]; had {
			before[label] = value
		}
	}
	text, _ := json.Marshal(before) // It can't fail on strings.
	return string(text)
}

// unmark removes our labels and annotations, and the label by which the namespace was handed over: it was meant for this
// owner, and the next one of that name may be in another Tenant, whose members must not find what is left in it. Which Pods
// the namespace takes is as before it was handed over; where that is not known it is left as it is, for what runs there
// stays, and must not be able to do more than a moment ago.
func (n *Namespaces) unmark(ctx context.Context, namespace *corev1.Namespace, owner Owner) error {
	labels := map[string]any{access.LabelManagedBy: nil, v1alpha1.LabelTenant: nil, v1alpha1.LabelProject: nil, v1alpha1.LabelAdopt: nil}
	var before map[string]string
	if json.Unmarshal([]byte(namespace.Annotations[annotationPodsBefore]), &before) == nil {
		for label := range owner.Pods {
			labels[label] = nil
			if value, had := before[label]; had {
				labels[label] = value
			}
		}
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": namespace.UID, "resourceVersion": namespace.ResourceVersion,
		"labels":      labels,
		"annotations": map[string]any{v1alpha1.AnnotationOwnerUID: nil, v1alpha1.AnnotationAdopted: nil, annotationPodsBefore: nil},
	}})
	if err != nil {
		return err
	}
	_, err = n.client.Patch(ctx, namespace.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: n.fieldManager})
	return err
}

// contains tells whether every pair of want is in have.
func contains(have, want map[string]string) bool {
	for key, value := range want {
		if got, ok := have[key]; !ok || got != value {
			return false
		}
	}
	return true
}
