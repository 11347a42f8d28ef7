// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// explain says in plain words what went wrong, and what to do about it.
func explain(err error) string {
	switch {
	case absent(err):
		return fmt.Sprintf("the server has no %s: tenancy is not installed in this cluster, or --context names another cluster than you think",
			v1alpha1.SchemeGroupVersion)
	case apierrors.IsServiceUnavailable(err):
		return fmt.Sprintf("%s is installed in this cluster, but its API server does not answer: %v (kubectl get apiservice %s.%s says more)",
			v1alpha1.SchemeGroupVersion, err, v1alpha1.SchemeGroupVersion.Version, v1alpha1.SchemeGroupVersion.Group)
	case apierrors.IsUnauthorized(err):
		return fmt.Sprintf("the server does not know who you are: log in again (%v)", err)
	case apierrors.IsForbidden(err):
		return fmt.Sprintf("%v. A role in the Project gives you that right: a group of yours has to be in its roleMapping", err)
	}
	return err.Error()
}

// absent tells whether the server does not serve our API at all: it then answers with no object of ours, but that there is no
// such page.
func absent(err error) bool {
	return apierrors.IsNotFound(err) && apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

// gone tells whether an object is not there, or not to be seen.
func gone(err error) bool { return apierrors.IsNotFound(err) && !absent(err) }

// unseen is the error for what is not there, or not to be seen, which are the same to a caller. Others stay what they are.
func unseen(err error, kind, name string) error {
	if gone(err) {
		return fmt.Errorf("there is no %s %q that you may see", kind, name)
	}
	return err
}
