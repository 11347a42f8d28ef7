// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/request"
	registryrest "k8s.io/apiserver/pkg/registry/rest"
)

func TestCreatingAProjectTakesTheRightToManageItsTenant(t *testing.T) {
	grants := authorizer.AuthorizerFunc(func(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
		switch {
		case a.GetUser().GetName() == "broken":
			return authorizer.DecisionNoOpinion, "", errors.New("the host cluster can't be reached")
		case a.GetUser().GetName() == "manager" && a.GetVerb() == "manage" && a.GetAPIGroup() == "spectrocloud.com" &&
			a.GetResource() == "tenants" && a.GetSubresource() == "" && a.GetName() == "acme" && a.IsResourceRequest():
			return authorizer.DecisionAllow, "", nil
		case a.GetUser().GetName() == "denied":
			return authorizer.DecisionDeny, "by policy", nil
		}
		return authorizer.DecisionNoOpinion, "", nil
	})
	etcd := startEtcd(t)
	s := newServer(t, etcd, grants)
	require.NoError(t, s.createTenant(t.Context(), newTenant("acme", nil)))
	require.NoError(t, s.createTenant(t.Context(), newTenant("beta", nil)))
	create := func(who user.Info, tenant string) error {
		_, err := s.projects.Create(as(t.Context(), who, "projects", "", "ml"), newProject("ml", tenant, nil),
			registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}

	assert.NoError(t, create(&user.DefaultInfo{Name: "eve", Groups: []string{"x", "acme-sre"}}, "acme"), "a member of one of its groups")
	assert.NoError(t, create(&user.DefaultInfo{Name: "manager"}, "acme"), "the verb manage")

	for name, who := range map[string]user.Info{
		"a member of other groups":              &user.DefaultInfo{Name: "eve", Groups: []string{"acme", "acme-admins-2"}},
		"in no group":                           &user.DefaultInfo{Name: "acme-admins"},
		"the verb manage on another Tenant":     &user.DefaultInfo{Name: "manager"},
		"denied":                                &user.DefaultInfo{Name: "denied"},
		"of the empty group, the Tenant's none": &user.DefaultInfo{Name: "eve", Groups: []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			exists, missing := create(who, "beta"), create(who, "missing")
			assert.True(t, apierrors.IsForbidden(exists), exists)
			assert.ErrorContains(t, exists, `may not create Projects under Tenant "beta"`)
			assert.ErrorContains(t, exists, `spec.tenantRoleMapping.groups`)
			assert.ErrorContains(t, exists, `the verb "manage" on tenants.spectrocloud.com`)
			assert.True(t, apierrors.IsForbidden(missing), missing)
			assert.Equal(t, apierrors.ReasonForError(exists), apierrors.ReasonForError(missing), "the answer tells whether a Tenant exists")
		})
	}

	err := create(&user.DefaultInfo{Name: "broken"}, "acme")
	assert.True(t, apierrors.IsInternalError(err), err)
	assert.ErrorContains(t, err, "the host cluster can't be reached")
	assert.NoError(t, create(&user.DefaultInfo{Name: "broken", Groups: []string{"acme-admins"}}, "acme"), "who is in a group needs no authorizer")

	before := revision(t, etcd)
	_, err = s.projects.Create(request.WithRequestInfo(request.WithNamespace(t.Context(), "ml"), &request.RequestInfo{
		APIGroup: "spectrocloud.com", APIVersion: "v1alpha1", Resource: "projects"}),
		newProject("ml", "acme", nil), registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	assert.True(t, apierrors.IsInternalError(err), "no user at all: %v", err)
	assert.Equal(t, before, revision(t, etcd))
}

func TestWhoManagesEveryTenantIsToldThatItIsMissing(t *testing.T) {
	everything := authorizer.AuthorizerFunc(func(context.Context, authorizer.Attributes) (authorizer.Decision, string, error) {
		return authorizer.DecisionAllow, "", nil
	})
	s := newServer(t, startEtcd(t), everything)
	err := s.createProject(t.Context(), newProject("ml", "missing", nil))
	assert.True(t, apierrors.IsInvalid(err), err)
	assert.ErrorContains(t, err, `spec.tenantRef.name: Not found: "missing"`)
}
