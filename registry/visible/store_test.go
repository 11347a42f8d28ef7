// SPDX-License-Identifier: Apache-2.0

package visible_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/authentication/user"
	registryrest "k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/apiserver"
)

// requests are all that name an object. Their answers must not depend on whether one is there that the caller doesn't see.
func (s *server) requests() map[string]func(ctx context.Context, name string) error {
	wrong, version := types.UID("wrong"), "1"
	project := func(name string) *spectrocloud.Project {
		return &spectrocloud.Project{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: name, UID: wrong, ResourceVersion: version}}
	}
	get := func(getter registryrest.Getter, options metav1.GetOptions) func(context.Context, string) error {
		return func(ctx context.Context, name string) error {
			_, err := getter.Get(ctx, name, &options)
			return err
		}
	}
	type information = func(name string) registryrest.UpdatedObjectInfo
	updating := func(store registryrest.Updater, info information, dryRun ...string) func(context.Context, string) error {
		return func(ctx context.Context, name string) error {
			_, _, err := store.Update(ctx, name, info(name), registryrest.ValidateAllObjectFunc, registryrest.ValidateAllObjectUpdateFunc, false,
				&metav1.UpdateOptions{DryRun: dryRun})
			return err
		}
	}
	put := func(name string) registryrest.UpdatedObjectInfo {
		return registryrest.DefaultUpdatedObjectInfo(project(name))
	}
	patch := func(string) registryrest.UpdatedObjectInfo {
		return changing(func(p *spectrocloud.Project) { p.Spec.DisplayName = "changed" })
	}
	deleting := func(options metav1.DeleteOptions) func(context.Context, string) error {
		return func(ctx context.Context, name string) error {
			_, _, err := s.projects.Delete(ctx, name, registryrest.ValidateAllObjectFunc, &options)
			return err
		}
	}
	return map[string]func(ctx context.Context, name string) error{
		"get":                  get(s.projects, metav1.GetOptions{}),
		"get from the cache":   get(s.projects, metav1.GetOptions{ResourceVersion: "0"}),
		"get status":           get(s.projectStatus, metav1.GetOptions{}),
		"get gpuusage":         get(s.projectUsage, metav1.GetOptions{}),
		"put":                  updating(s.projects, put),
		"put as a dry run":     updating(s.projects, put, metav1.DryRunAll),
		"patch":                updating(s.projects, patch),
		"put status":           updating(s.projectStatus, put),
		"patch status":         updating(s.projectStatus, patch),
		"delete":               deleting(metav1.DeleteOptions{}),
		"delete as a dry run":  deleting(metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}),
		"delete a certain UID": deleting(metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &wrong}}),
		"delete a version":     deleting(metav1.DeleteOptions{Preconditions: &metav1.Preconditions{ResourceVersion: &version}}),
	}
}

func TestWhatIsUnseenIsNotFoundWhateverIsAsked(t *testing.T) {
	s := newServer(t)
	stored := s.addProject(t, "hidden", "us")
	for what, request := range s.requests() {
		for _, who := range []user.Info{member(), member("them"), member("us\x00them")} {
			unseen := request(as(t.Context(), who, "projects", "hidden"), "hidden")
			missing := request(as(t.Context(), who, "projects", "missing"), "missing")
			require.True(t, apierrors.IsNotFound(unseen), "%s: %v", what, unseen)
			assert.Equal(t, missing.Error(), strings.ReplaceAll(unseen.Error(), "hidden", "missing"), what)
			assert.Equal(t, statusOf(t, missing, "missing"), statusOf(t, unseen, "hidden"), what)
		}
	}
	after, err := s.projects.Get(as(t.Context(), member("us"), "projects", "hidden"), "hidden", &metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, stored, after, "nothing was written")
}

// statusOf is the whole answer, but for the name.
func statusOf(t *testing.T, err error, name string) string {
	t.Helper()
	status, ok := err.(apierrors.APIStatus)
	require.True(t, ok, "%T", err)
	return strings.ReplaceAll(fmt.Sprintf("%+v", status.Status()), name, "NAME")
}

func TestWhatIsSeenIsServed(t *testing.T) {
	s := newServer(t)
	for what, request := range s.requests() {
		for i, who := range []user.Info{member("us"), &user.DefaultInfo{Name: root.Name}} {
			name := strings.ReplaceAll(what, " ", "-") + fmt.Sprint(i)
			name = strings.ToLower(name)
			s.addProject(t, name, "us")
			s.list(t, root, listOptions{}) // Until the watch cache has it.
			err := request(as(t.Context(), who, "projects", name), name)
			if strings.Contains(what, "put") || strings.Contains(what, "certain") || strings.Contains(what, "version") {
				assert.True(t, apierrors.IsConflict(err), "%s: %v", what, err)
			} else {
				assert.NoError(t, err, what)
			}
		}
	}
}

func TestAnApplyCreatesWhatIsMissingAndLeavesWhatIsUnseen(t *testing.T) {
	s := newServer(t)
	s.addTenant(t, "ours", "us")
	s.addProject(t, "hidden", "them")
	apply := func(name string) error {
		ctx := as(t.Context(), member("us"), "projects", name)
		_, _, err := s.projects.Update(ctx, name, registryrest.DefaultUpdatedObjectInfo(&spectrocloud.Project{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: name},
			Spec:       spectrocloud.ProjectSpec{TenantRef: spectrocloud.TenantReference{Name: "ours"}},
		}), registryrest.ValidateAllObjectFunc, registryrest.ValidateAllObjectUpdateFunc, true, &metav1.UpdateOptions{})
		return err
	}
	require.NoError(t, apply("new"))
	assert.True(t, apierrors.IsNotFound(apply("hidden")))
	assert.Equal(t, []string{"new"}, s.list(t, member("us"), listOptions{}).names, "who creates a Project sees it at once")
}

func TestDeletingManyDeletesWhatIsSeen(t *testing.T) {
	s := newServer(t)
	for i := range 20 {
		s.addTenant(t, fmt.Sprintf("t%d", i), []string{"us", "them"}[i%2])
	}
	deleteCollection := func(store registryrest.CollectionDeleter, ctx context.Context, options *listOptions) {
		_, err := store.DeleteCollection(ctx, registryrest.ValidateAllObjectFunc, &metav1.DeleteOptions{}, options)
		require.NoError(t, err)
	}
	deleteCollection(s.tenants, as(t.Context(), member("us"), "tenants", ""), &listOptions{Limit: 3})
	deleteCollection(s.tenants, as(t.Context(), member("us"), "tenants", ""), nil)
	list, err := s.tenants.List(as(t.Context(), root, "tenants", ""), nil)
	require.NoError(t, err)
	for _, tenant := range list.(*spectrocloud.TenantList).Items {
		assert.Equal(t, slices.Contains(tenant.Spec.TenantRoleMapping.Groups, "us"), tenant.DeletionTimestamp != nil, "%s", tenant.Name)
	}

	// As the namespace controller does, in one namespace: with listall it misses nothing.
	s.addProject(t, "p", "us")
	deleteCollection(s.projects, as(t.Context(), member(), "projects", "p"), &listOptions{})
	assert.Nil(t, s.deletion(t, "p"))
	deleteCollection(s.projects, as(t.Context(), root, "projects", "p"), &listOptions{})
	assert.NotNil(t, s.deletion(t, "p"))
}

func (s *server) deletion(t *testing.T, project string) *metav1.Time {
	t.Helper()
	obj, err := s.projects.Get(as(t.Context(), root, "projects", project), project, &metav1.GetOptions{})
	require.NoError(t, err)
	return obj.(*spectrocloud.Project).DeletionTimestamp
}

func TestATenantIsSeenForTheSakeOfItsProjects(t *testing.T) {
	s := newServer(t)
	s.addTenant(t, "ours", "us")
	tenants := func(groups ...string) []string {
		return s.listIn(t, as(t.Context(), member(groups...), "tenants", ""), s.tenants, listOptions{}).names
	}
	assert.Equal(t, []string{"ours"}, tenants("us"))
	assert.Empty(t, tenants("viewers"))
	update(t, as(t.Context(), root, "tenants", ""), s.tenantStatus, "acme", func(tenant *spectrocloud.Tenant) {
		tenant.Status.ProjectGroups = []string{"viewers", "us", "system:authenticated"}
	})
	assert.Equal(t, []string{"acme"}, tenants("viewers"))
	assert.Equal(t, []string{"acme", "ours"}, tenants("viewers", "us"))
	assert.Empty(t, tenants("none"))
	for name, getter := range map[string]registryrest.Getter{"get": s.tenants, "get status": s.tenantStatus, "get gpuusage": s.tenantUsage} {
		_, err := getter.Get(as(t.Context(), member("viewers"), "tenants", ""), "acme", &metav1.GetOptions{})
		require.NoError(t, err, name)
		_, err = getter.Get(as(t.Context(), member("viewers"), "tenants", ""), "ours", &metav1.GetOptions{})
		assert.True(t, apierrors.IsNotFound(err), "%s: %v", name, err)
	}
}

func TestNobodyWritesWhoSeesAProjectIntoItsStatus(t *testing.T) {
	s := newServer(t)
	created := s.addProject(t, "p", "us")
	assert.Equal(t, []string{"roots"}, created.Status.TenantGroups, "the Tenant's, from the first moment")
	update(t, as(t.Context(), member("us"), "projects", "p"), s.projects, "p", func(p *spectrocloud.Project) {
		p.Spec.DisplayName, p.Status.TenantGroups = "changed", []string{"everybody"}
	})
	assert.Empty(t, s.list(t, member("everybody"), listOptions{}).names)
}

func TestOnlyWhoIsInNoGroupThatSeesCostsAReview(t *testing.T) {
	s := newServer(t)
	s.addProject(t, "p", "us")
	s.list(t, root, listOptions{}) // Until the watch cache has it.
	before := s.reviews.Load()
	for _, request := range s.requests() {
		_ = request(as(t.Context(), member("us"), "projects", "p"), "p") // What is asked counts, not the answer.
	}
	require.Equal(t, before, s.reviews.Load())
	_, err := s.projects.Get(as(t.Context(), member(), "projects", "q"), "q", &metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err))
	assert.Equal(t, before+1, s.reviews.Load(), "also for what is not there, so that the time it takes tells nothing")
}

func TestARequestWithoutAUserSeesNothing(t *testing.T) {
	s := newServer(t)
	s.addProject(t, "p", "us")
	_, err := s.projects.List(t.Context(), &listOptions{})
	assert.True(t, apierrors.IsInternalError(err), "%v", err)
	_, err = s.tenants.Get(t.Context(), "acme", &metav1.GetOptions{})
	assert.True(t, apierrors.IsInternalError(err), "%v", err)
}

// TestTheGroupsAreNoFieldOfTheAPI, whatever version or kind is asked for.
func TestTheGroupsAreNoFieldOfTheAPI(t *testing.T) {
	for _, kind := range []string{"Tenant", "Project"} {
		for _, label := range []string{"visible=to", "visible", "status.tenantGroups", "status.projectGroups", "spec.roleMapping.viewer", ""} {
			_, _, err := apiserver.Scheme.ConvertFieldLabel(v1alpha1.SchemeGroupVersion.WithKind(kind), label, "us")
			assert.Error(t, err, "%s: %q", kind, label)
		}
		_, _, err := apiserver.Scheme.ConvertFieldLabel(v1alpha1.SchemeGroupVersion.WithKind(kind), "metadata.name", "us")
		assert.NoError(t, err, kind)
	}
}
