// SPDX-License-Identifier: Apache-2.0

package visibility

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/test/integration/framework"
)

func TestEveryoneListsWhatTheyMaySee(t *testing.T) {
	t.Parallel()
	a, b := newPlace(t), newPlace(t)
	cluster.MustKubectl(t, "", "create", "clusterrolebinding", "auditors-"+a.tenant, "--clusterrole=tenancy:listall", "--group=auditors-"+a.tenant)
	for who, test := range map[string]struct {
		groups            []string
		tenants, projects []string
	}{
		"a viewer":          {[]string{a.projects[0] + "-viewers"}, []string{a.tenant}, a.projects[:1]},
		"an editor":         {[]string{a.projects[1] + "-editors"}, []string{a.tenant}, a.projects[1:]},
		"a Project's admin": {[]string{b.projects[0] + "-admins"}, []string{b.tenant}, b.projects[:1]},
		"a Tenant's admin":  {[]string{b.tenant + "-managers"}, []string{b.tenant}, b.projects},
		"someone in several": {[]string{a.projects[0] + "-viewers", "none", b.tenant + "-managers"},
			[]string{a.tenant, b.tenant}, []string{a.projects[0], b.projects[0], b.projects[1]}},
		"an outsider":              {[]string{"outsiders"}, nil, nil},
		"someone in no group":      {nil, nil, nil},
		"a name that begins alike": {[]string{a.tenant + "-manager", a.projects[0] + "-viewer"}, nil, nil},
	} {
		person := person(t, test.groups...)
		for _, options := range []metav1.ListOptions{
			{}, {ResourceVersion: "0"}, {Limit: 500}, {LabelSelector: "!none"},
		} {
			assert.Equal(t, sorted(test.tenants...), sorted(tenants(t, person, options)...), "%s: %+v", who, options)
			assert.Equal(t, sorted(test.projects...), sorted(projects(t, person, options)...), "%s: %+v", who, options)
		}
		ofOne := projects(t, person, metav1.ListOptions{FieldSelector: "spec.tenantRef.name=" + a.tenant})
		assert.Len(t, ofOne, count(test.projects, a.projects), who)
		for _, form := range []string{
			"application/json", "application/json;as=Table;v=v1;g=meta.k8s.io", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
		} {
			raw, err := person.REST().Get().Resource("projects").SetHeader("Accept", form).DoRaw(t.Context())
			require.NoError(t, err)
			for _, name := range append(a.projects, b.projects...) {
				assert.Equal(t, count([]string{name}, test.projects) > 0, strings.Contains(string(raw), `"`+name+`"`), "%s: %s as %s", who, name, form)
			}
			assert.NotContains(t, string(raw), "remainingItemCount", who)
		}
	}
	for who, person := range map[string]*framework.Person{"an administrator": cluster.Admin, "an auditor": person(t, "auditors-"+a.tenant)} {
		assert.Subset(t, tenants(t, person, metav1.ListOptions{}), []string{a.tenant, b.tenant}, who)
		assert.Subset(t, projects(t, person, metav1.ListOptions{}), append(a.projects, b.projects...), who)
	}
}

// count is how many of some are among all.
func count(some, all []string) (n int) {
	for _, name := range some {
		for _, other := range all {
			if name == other {
				n++
			}
		}
	}
	return n
}

func TestNobodyIsToldAnything(t *testing.T) {
	t.Parallel()
	config := rest.AnonymousClientConfig(cluster.Config())
	nobody, err := versioned.NewForConfig(config)
	require.NoError(t, err)
	_, err = nobody.SpectrocloudV1alpha1().Tenants().List(t.Context(), metav1.ListOptions{})
	assert.True(t, apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err), "%v", err)
}

// TestListAllCountsInTheWholeCluster only: a namespace's owner can't give it to themselves, nor for one name.
func TestListAllCountsInTheWholeCluster(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	group := framework.Name("namespaced")
	cluster.MustKubectl(t, "", "create", "rolebinding", group, "-n", p.projects[0], "--clusterrole=tenancy:listall", "--group="+group)
	cluster.MustKubectl(t, "", "create", "clusterrole", group, "--verb=listall", "--resource=tenants.spectrocloud.com", "--resource-name="+p.tenant)
	cluster.MustKubectl(t, "", "create", "clusterrolebinding", group, "--clusterrole="+group, "--group="+group)
	someone := person(t, group)
	assert.Empty(t, projects(t, someone, metav1.ListOptions{}))
	assert.Empty(t, tenants(t, someone, metav1.ListOptions{}))
	_, err := someone.Projects(p.projects[0]).Get(t.Context(), p.projects[0], metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err), "%v", err)
	_, err = someone.Projects(p.projects[0]).Get(t.Context(), p.projects[0], metav1.GetOptions{ResourceVersion: "0"})
	assert.True(t, apierrors.IsNotFound(err), "%v", err)
	list, err := someone.Projects(p.projects[0]).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	assert.Empty(t, list.Items)
}

// tokenFromTheLatest goes on in whatever there is now, as that does which an answer to an expired one holds.
var tokenFromTheLatest = base64.RawURLEncoding.EncodeToString([]byte(`{"v":"meta.k8s.io/v1","rv":-1,"start":"a\u0000"}`))

func TestNoSelectorTokenOrVersionShowsMore(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	viewer, outsider := person(t, p.projects[0]+"-viewers"), person(t, "outsiders")
	for _, selector := range []string{
		"visible=to=" + p.tenant + "-managers", "visible%3Dto=x", `visible\=to=x`, "visible!=x", "status.tenantGroups=x",
	} {
		_, err := outsider.Projects("").List(t.Context(), metav1.ListOptions{FieldSelector: selector})
		assert.True(t, apierrors.IsBadRequest(err), "%s: %v", selector, err)
		_, err = outsider.Tenants().List(t.Context(), metav1.ListOptions{FieldSelector: selector})
		assert.True(t, apierrors.IsBadRequest(err), "%s: %v", selector, err)
	}
	full, err := cluster.Admin.Projects("").List(t.Context(), metav1.ListOptions{Limit: 1})
	require.NoError(t, err)
	require.NotEmpty(t, full.Continue)
	for _, options := range []metav1.ListOptions{
		{Continue: full.Continue}, {Continue: full.Continue, Limit: 1},
		{Continue: tokenFromTheLatest},
		{ResourceVersion: full.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchExact},
		{ResourceVersion: full.ResourceVersion, Limit: 1},
		{FieldSelector: "metadata.name=" + p.projects[0]}, {FieldSelector: "metadata.namespace=" + p.projects[0]},
		{FieldSelector: "metadata.name!=x"}, {LabelSelector: "a!=b"},
	} {
		list, err := outsider.Projects("").List(t.Context(), options)
		require.NoError(t, err, "%+v", options)
		assert.Empty(t, list.Items, "%+v", options)
		assert.Empty(t, list.Continue, "%+v", options)
	}
	list, err := viewer.Projects("").List(t.Context(), metav1.ListOptions{Limit: 1})
	require.NoError(t, err)
	assert.Len(t, list.Items, 1)
	assert.Empty(t, list.Continue, "others follow, which the viewer does not see")
	assert.Nil(t, list.RemainingItemCount)
}

// TestWhatIsUnseenIsAsIfItWereNotThere through kube-apiserver, whichever way it is asked for.
func TestWhatIsUnseenIsAsIfItWereNotThere(t *testing.T) {
	t.Parallel()
	p, theirs := newPlace(t), newPlace(t)
	viewer := person(t, theirs.projects[0]+"-viewers", theirs.tenant+"-managers")
	hidden, missing := p.projects[0], framework.Name("missing")
	ask := func(resource, namespace, name, subresource string) string {
		request := viewer.REST().Get().Resource(resource).Name(name).SubResource(strings.Fields(subresource)...)
		if namespace != "" {
			request = request.Namespace(namespace)
		}
		raw, err := request.SetHeader("Accept", "application/json").DoRaw(t.Context())
		require.Error(t, err, "%s %s", name, subresource)
		var status metav1.Status
		require.NoError(t, json.Unmarshal(raw, &status), "%s", raw)
		assert.EqualValues(t, 404, status.Code, "%s %s: %s", name, subresource, raw)
		return strings.ReplaceAll(string(raw), name, "NAME")
	}
	for _, subresource := range []string{"", "gpuusage"} {
		assert.Equal(t, ask("projects", missing, missing, subresource), ask("projects", hidden, hidden, subresource))
		assert.Equal(t, ask("tenants", "", missing, subresource), ask("tenants", "", p.tenant, subresource))
	}
	_, stderr, err := cluster.Kubectl(t, "", nil, "get", "project", hidden, "-n", hidden,
		"--as=vic", "--as-group="+theirs.projects[0]+"-viewers", "--as-group=system:authenticated")
	require.Error(t, err)
	assert.Equal(t, fmt.Sprintf("Error from server (NotFound): projects.spectrocloud.com %q not found\n", hidden), stderr)
	// What is seen is served.
	_, err = viewer.Projects(theirs.projects[0]).GetGPUUsage(t.Context(), theirs.projects[0], metav1.GetOptions{})
	assert.NoError(t, err)
	_, err = viewer.Tenants().GetGPUUsage(t.Context(), theirs.tenant, metav1.GetOptions{})
	assert.NoError(t, err)
}
