// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	registryrest "k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

func TestSettingsAreCreatedWhereTheirCreatorManagesOrMayUpdateThem(t *testing.T) {
	grants := authorizer.AuthorizerFunc(func(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
		if a.GetUser().GetName() == "editor" && a.GetVerb() == "update" && a.GetResource() == "settings" && a.GetNamespace() == "ml" && a.GetAPIGroup() == "spectrocloud.com" {
			return authorizer.DecisionAllow, "", nil
		}
		return authorizer.DecisionNoOpinion, "", nil
	})
	s := newServer(t, startEtcd(t), grants)
	require.NoError(t, s.createTenant(t.Context(), newTenant("acme", nil)))
	require.NoError(t, s.createProject(t.Context(), newProject("ml", "acme", nil)))
	ann := &user.DefaultInfo{Name: "ann", Groups: []string{"acme-admins"}}
	rival := &user.DefaultInfo{Name: "rival", Groups: []string{"rivals"}}
	for name, tc := range map[string]struct {
		who       user.Info
		namespace string
		allowed   bool
	}{
		"in one's Tenant's namespace":     {ann, "acme", true},
		"in that of one of its Projects":  {ann, "ml", true},
		"in a namespace of nobody":        {ann, "default", false},
		"in another Tenant's":             {rival, "acme", false},
		"in another Tenant's Project":     {rival, "ml", false},
		"where RBAC lets one update them": {&user.DefaultInfo{Name: "editor"}, "ml", true},
		"where it does not":               {&user.DefaultInfo{Name: "editor"}, "acme", false},
		"of the empty group, no Tenant's": {&user.DefaultInfo{Name: "x", Groups: []string{""}}, "ml", false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, dryRun := range [][]string{{metav1.DryRunAll}, nil} {
				_, err := s.settings.Create(as(t.Context(), tc.who, "settings", "", tc.namespace), &spectrocloud.Settings{
					ObjectMeta: metav1.ObjectMeta{GenerateName: "x-", Name: "x-" + tc.who.GetName(), Namespace: tc.namespace},
				}, registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{DryRun: dryRun})
				if tc.allowed {
					assert.NoError(t, err)
				} else {
					assert.True(t, apierrors.IsForbidden(err), "%v", err)
				}
			}
		})
	}
}

func TestAManagerOfYesterdayCreatesNoSettingsToday(t *testing.T) {
	s := newServer(t, startEtcd(t), denies)
	require.NoError(t, s.createTenant(t.Context(), newTenant("acme", nil)))
	require.NoError(t, s.createProject(t.Context(), newProject("ml", "acme", nil)))
	require.NoError(t, s.deleteProject(t.Context(), "ml"))
	require.NoError(t, s.finalizeProject(t.Context(), "ml"))
	_, err := s.settings.Create(as(t.Context(), ann, "settings", "", "ml"), &spectrocloud.Settings{ObjectMeta: metav1.ObjectMeta{Name: "x", Namespace: "ml"}},
		registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	assert.True(t, apierrors.IsForbidden(err), "%v", err)
}
