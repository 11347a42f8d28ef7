// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// nothingOldChanges is nothingChanges for an attack that may make objects of its own.
func nothingOldChanges(t *testing.T, attack func()) {
	t.Helper()
	before := state(t)
	attack()
	after := state(t)
	for name, object := range before {
		assert.Equal(t, object, after[name], name)
	}
}

// TestNoNameReachesIntoAnother names Projects and Tenants after what is generated for others, most of it in the system
// namespace, where they meet; and deletes them again.
func TestNoNameReachesIntoAnother(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	members(t, theirs)
	spy := cluster.Person(t, framework.Name("spy"), "spies")
	var names []string
	for _, name := range []string{theirs.project, theirs.tenant} {
		names = append(names, name+"-system", name+"-tnt-adm", "prj-"+name, name+"-system-admin", name+"-create", name+"-viewer", name+"-tenant", "tenant-"+name)
	}
	nothingOldChanges(t, func() {
		for i, name := range names {
			if i%2 == 0 {
				_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(name, "spies"), metav1.CreateOptions{})
				require.NoError(t, err, name)
				continue
			}
			project := framework.Project(name, mine.tenant)
			project.Spec.RoleMapping.Admin, project.Spec.RoleMapping.Viewer = []string{"spies"}, []string{"spies"}
			_, err := mine.admin.Projects(name).Create(t.Context(), project, metav1.CreateOptions{})
			require.NoError(t, err, name)
		}
		for i, name := range names {
			if i%2 == 0 {
				cluster.TenantReady(t, name)
			} else {
				cluster.ProjectReady(t, name)
			}
		}
		for _, namespace := range []string{theirs.project, theirs.tenant, "palette-system", "kube-system", ""} {
			for _, what := range []authorizationv1.ResourceAttributes{
				{Verb: "get", Resource: "secrets"}, {Verb: "create", Resource: "pods"}, {Verb: "update", Group: "spectrocloud.com", Resource: "settings"},
				{Verb: "get", Resource: "configmaps", Name: "project-rbac-admin"}, {Verb: "update", Group: "spectrocloud.com", Resource: "traitdefinitions"},
			} {
				what.Namespace = namespace
				assert.False(t, allowed(t.Context(), t, spy, what), "%+v", what)
			}
		}
		for i, name := range names {
			if i%2 == 1 {
				require.NoError(t, cluster.Admin.Projects(name).Delete(t.Context(), name, metav1.DeleteOptions{}))
			}
		}
		framework.Eventually(t, "the end of the Projects", func(ctx context.Context) error {
			for i, name := range names {
				if _, err := cluster.Admin.Projects(name).Get(ctx, name, metav1.GetOptions{}); i%2 == 1 && !apierrors.IsNotFound(err) {
					return errors.Join(errors.New(name+" is still there"), err)
				}
			}
			return nil
		})
	})
}

// TestANameIsWhatItLooksLike spells names of namespaces that are not to be had in ways that something may normalize.
func TestANameIsWhatItLooksLike(t *testing.T) {
	p := newParty(t)
	nothingChanges(t, func() {
		for _, name := range []string{
			"Kube-System", "KUBE-SYSTEM", "kube-system.", ".kube-system", "kube-system/", "kube-system\u200b", "kube\u2010system", "kubе-system", " kube-system",
			"kube-system\n", "kube_system", "Default", "default.", "palette-system.", "-", strings.Repeat("a", 64), "..", ".", "%6bube-system", "",
		} {
			for _, who := range []*framework.Person{p.admin, cluster.Admin} {
				status, answer := sendProject(t, who, "safe-"+p.project, name, p.tenant)
				assert.Contains(t, []int{400, 404, 405, 422}, status, "%q: %s", name, answer)
				if name != "" {
					status, answer = send(t, who.Config, http.MethodPost, "/apis/spectrocloud.com/v1alpha1/tenants",
						`{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "Tenant", "metadata": {"name": `+quoted(t, name)+`}}`, http.Header{})
					assert.Contains(t, []int{403, 422}, status, "%q: %s", name, answer)
				}
			}
		}
		// The path says one namespace, the object another.
		for _, namespace := range []string{"kube-system", "default", "palette-system", p.project} {
			status, answer := sendProject(t, p.admin, "safe-"+p.project, namespace, p.tenant)
			assert.Equal(t, 400, status, answer)
			status, answer = sendProject(t, p.admin, namespace, "safe-"+p.project, p.tenant)
			assert.Equal(t, 400, status, answer)
		}
	})
}

// sendProject posts a Project that says that it is in the namespace, and has its name, to the path of another one.
func sendProject(t *testing.T, who *framework.Person, path, namespace, tenant string) (status int, answer string) {
	t.Helper()
	return send(t, who.Config, http.MethodPost, "/apis/spectrocloud.com/v1alpha1/namespaces/"+path+"/projects",
		`{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "Project", "metadata": {"name": `+quoted(t, namespace)+`, "namespace": `+quoted(t, namespace)+
			`}, "spec": {"tenantRef": {"name": "`+tenant+`"}}}`, http.Header{})
}
