// SPDX-License-Identifier: Apache-2.0

package claim

import (
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/controllers/status"
)

// Owner is the Tenant or Project that a namespace is claimed for. The namespace has its name.
type Owner struct {
	Kind   string // "tenant" or "project"
	Name   string
	UID    types.UID
	Labels map[string]string // what its namespace is labelled with
	Pods   map[string]string // labels of its namespace that say what Pods it takes
	// Adopted says that the owner's status remembers its namespace as adopted. The namespace's own mark says it too; should
	// that be removed, a namespace which existed before its owner must not be deleted with it.
	Adopted bool
}

// marks are all labels of the namespace that are the owner's to set.
func (o Owner) marks() map[string]string {
	marks := maps.Clone(o.Labels)
	maps.Copy(marks, o.Pods)
	return marks
}

// adoptValue is what LabelAdopt must hold for the owner to take a namespace over.
func (o Owner) adoptValue() string { return o.Kind + "." + o.Name }

// HeldBy tells whether the namespace is marked as that of the object with the UID, and is to stay.
func HeldBy(namespace *corev1.Namespace, uid types.UID) bool {
	return namespace != nil && namespace.DeletionTimestamp.IsZero() && uid != "" &&
		namespace.Annotations[v1alpha1.AnnotationOwnerUID] == string(uid)
}

// adopted tells whether the namespace outlives its owner.
func (o Owner) adopted(namespace *corev1.Namespace) bool {
	return o.Adopted || namespace.Annotations[v1alpha1.AnnotationAdopted] == "true"
}

// Protected tells whether a namespace can't be claimed by anyone, whatever is in the store: those of Kubernetes, and
// where the platform itself lives. Owning one of them would be as good as owning the cluster.
func Protected(namespace, systemNamespace string) bool {
	return namespace == systemNamespace || namespace == "default" || namespace == "kube" || strings.HasPrefix(namespace, "kube-")
}

// Judge returns nil where the owner may use an existing namespace: it is its own, or (adopt) someone who may write
// namespaces handed it over and it is nobody's. Otherwise it says what stands in the way and what to do.
func Judge(namespace *corev1.Namespace, owner Owner) (adopt bool, err error) {
	holder, marked := namespace.Annotations[v1alpha1.AnnotationOwnerUID]
	switch {
	case !namespace.DeletionTimestamp.IsZero():
		return false, status.Block(status.NamespaceTerminating, "Namespace %s is being deleted", namespace.Name)
	case HeldBy(namespace, owner.UID):
		return false, nil
	case marked:
		return false, status.Block(status.NamespaceTaken,
			"Namespace %s is marked as that of another object, UID %q. If that object is gone for good, remove annotation %s from the namespace; %s",
			namespace.Name, holder, v1alpha1.AnnotationOwnerUID, howToAdopt(owner))
	case namespace.Labels[v1alpha1.LabelAdopt] == owner.adoptValue():
		return true, nil
	}
	return false, status.Block(status.NamespaceExists, "Namespace %s existed before this %s: %s", namespace.Name, owner.Kind, howToAdopt(owner))
}

func howToAdopt(owner Owner) string {
	if len(owner.adoptValue()) > validation.LabelValueMaxLength {
		return "a name this long can't be handed over by label, so delete the namespace or choose another name"
	}
	return "to hand it over, label it " + v1alpha1.LabelAdopt + "=" + owner.adoptValue()
}
