// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"fmt"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/rest"
)

// GetCorruptObjDeleter implements rest.CorruptObjectDeleterProvider, for deletes with
// ignoreStoreReadErrorWithClusterBreakingPotential. They skip everything that is decided about an object, so they are for kinds
// only of which nothing is: what an object that can't be read holds beside itself would be held for ever.
func (s *Store) GetCorruptObjDeleter() rest.GracefulDeleter {
	if s.Decide != nil {
		return undeletable{s.DefaultQualifiedResource}
	}
	return s.Store.GetCorruptObjDeleter()
}

// undeletable deletes no object that can't be read, and says what to do instead.
type undeletable struct{ resource schema.GroupResource }

// Delete implements rest.GracefulDeleter.
func (u undeletable) Delete(context.Context, string, rest.ValidateObjectFunc, *metav1.DeleteOptions) (runtime.Object, bool, error) {
	return nil, false, &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusMethodNotAllowed, Reason: metav1.StatusReasonMethodNotAllowed,
		Message: fmt.Sprintf("%s that can't be read are not deleted by the API: nobody could tell what else is stored of them. "+
			"Restore a backup; or delete the key with etcdctl, and have tenancy-apiserver check-ledger --repair remove the rest", u.resource)}}
}
