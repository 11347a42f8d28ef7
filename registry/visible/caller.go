// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/request"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// caller is who asks.
type caller struct {
	user user.Info
	// groups are those of theirs that may see anything, sorted.
	groups   []string
	selector selector
}

func callerOf(ctx context.Context) (caller, error) {
	who, ok := request.UserFrom(ctx)
	if !ok {
		return caller{}, apierrors.NewInternalError(errors.New("no user in a request that shows each user what they may see"))
	}
	groups := counting(who.GetGroups())
	return caller{who, groups, forGroups(groups...)}, nil
}

// member tells whether one of the caller's groups sees the object.
func (s *Store) member(c caller, obj runtime.Object) bool {
	return slices.ContainsFunc(s.groups(obj), c.selector.groups.Has)
}

// everything tells whether RBAC lets the caller see all objects of the kind, in all namespaces.
func (s *Store) everything(ctx context.Context, c caller) (bool, error) {
	decision, _, err := s.authorizer.Authorize(ctx, authorizer.AttributesRecord{
		User:            c.user,
		Verb:            spectrocloud.VerbListAll,
		APIGroup:        s.DefaultQualifiedResource.Group,
		APIVersion:      "*",
		Resource:        s.DefaultQualifiedResource.Resource,
		ResourceRequest: true,
	})
	if decision == authorizer.DecisionAllow {
		return true, nil
	}
	// A part is no answer for one who may be entitled to the whole: a controller would take the rest for deleted.
	if err != nil {
		return false, apierrors.NewInternalError(fmt.Errorf("asking whether user %q may %s %s: %w",
			c.user.GetName(), spectrocloud.VerbListAll, s.DefaultQualifiedResource, err))
	}
	return false, nil
}
