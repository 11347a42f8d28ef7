// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
)

// server answers each path below the API's with an object, an error, or what a function of the query makes of it, as a real one
// does in moments that can't be had from one on demand. What is not in it is not there.
type server map[string]any

var (
	anything  = schema.GroupResource{Group: v1alpha1.GroupName, Resource: "things"}
	forbidden = apierrors.NewForbidden(anything, "", errors.New("no role"))
	expired   = apierrors.NewResourceExpired("the continue token is too old")
)

// start returns the address, and the paths that were asked for so far.
func (s server) start(t *testing.T) (address string, asked func() []string) {
	t.Helper()
	var mu sync.Mutex
	var paths []string
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		path := strings.TrimPrefix(request.URL.Path, "/apis/"+v1alpha1.SchemeGroupVersion.String()+"/")
		mu.Lock()
		paths = append(paths, path)
		mu.Unlock()
		answer, known := s[path]
		if !known {
			answer = apierrors.NewNotFound(anything, path)
		}
		if of, ok := answer.(func(url.Values) any); ok {
			answer = of(request.URL.Query())
		}
		w.Header().Set("Content-Type", "application/json")
		if failed, ok := answer.(*apierrors.StatusError); ok {
			status := failed.Status()
			status.SetGroupVersionKind(metav1.Unversioned.WithKind("Status"))
			w.WriteHeader(int(status.Code))
			answer = status
		}
		assert.NoError(t, json.NewEncoder(w).Encode(answer))
	}))
	t.Cleanup(listening.Close)
	return listening.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return paths
	}
}

func (s server) client(t *testing.T) *client {
	t.Helper()
	address, _ := s.start(t)
	tenancy, err := versioned.NewForConfig(&rest.Config{Host: address, QPS: -1})
	require.NoError(t, err)
	return &client{tenancy: tenancy.SpectrocloudV1alpha1()}
}

// rowsOfWaiting is a table of AIWorkloads that wait in web, as the server prints it.
func rowsOfWaiting(t *testing.T, names ...string) metav1.Table {
	t.Helper()
	var table metav1.Table
	for _, name := range names {
		raw, err := json.Marshal(waitingFor(t, name, spectrocloud.GPUCounts{"A100": 1}, reasonWaiting, 0).Object)
		require.NoError(t, err)
		row := metav1.TableRow{}
		row.Object.Raw = raw
		table.Rows = append(table.Rows, row)
	}
	return table
}

func namesOf(consumers []*consumer) (names []string) {
	for _, one := range consumers {
		names = append(names, one.meta.Name)
	}
	return names
}

func project(name, tenant string) v1alpha1.Project {
	return v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: name},
		Spec: v1alpha1.ProjectSpec{TenantRef: v1alpha1.TenantReference{Name: tenant}}}
}

func usageOf(name string, families ...v1alpha1.FamilyUsage) v1alpha1.GPUUsage {
	return v1alpha1.GPUUsage{ObjectMeta: metav1.ObjectMeta{Name: name}, Families: families}
}

func TestWhoWaitsIsReadOnceWhereAllNamespacesMayBeReadInPart(t *testing.T) {
	c := server{
		"aiworkloads": rowsOfWaiting(t, "w"), "computepools": forbidden,
		"namespaces/web/aiworkloads": rowsOfWaiting(t, "w"), "namespaces/web/computepools": metav1.Table{},
		"namespaces/two/aiworkloads": metav1.Table{}, "namespaces/two/computepools": metav1.Table{},
		"namespaces/three/aiworkloads": forbidden, "namespaces/four/aiworkloads": forbidden,
	}.client(t)
	found, unread, err := c.consumersIn(t.Context(), []string{"web", "two", "three", "four"}, "")
	require.NoError(t, err)
	assert.Equal(t, []string{"w"}, namesOf(found))
	assert.Equal(t, []string{"three", "four"}, unread)
}

func TestWhoMayReadAllNamespacesIsToldOfTheProjectsAskedFor(t *testing.T) {
	for wanted, want := range map[string][]string{"web": {"w"}, "five": nil} {
		c := server{"aiworkloads": rowsOfWaiting(t, "w"), "computepools": metav1.Table{}}.client(t)
		found, unread, err := c.consumersIn(t.Context(), []string{wanted, "two", "three", "four"}, "")
		require.NoError(t, err)
		assert.Equal(t, want, namesOf(found))
		assert.Empty(t, unread)
	}
}

func TestAListWhosePagesExpireIsReadAtOnce(t *testing.T) {
	pages := func(first, everything any) func(url.Values) any {
		return func(query url.Values) any {
			switch {
			case query.Get("continue") != "":
				return expired
			case query.Get("limit") != "":
				return first
			}
			return everything
		}
	}
	first := rowsOfWaiting(t, "a")
	first.Continue = "next"
	tenants := v1alpha1.TenantList{Items: []v1alpha1.Tenant{{ObjectMeta: metav1.ObjectMeta{Name: "acme"}}}}
	cut := *tenants.DeepCopy()
	cut.Continue = "next"
	c := server{"tenants": pages(cut, tenants), "namespaces/web/aiworkloads": pages(first, rowsOfWaiting(t, "a", "b")),
		"namespaces/web/computepools": metav1.Table{}}.client(t)
	found, err := c.consumers(t.Context(), "web", "")
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, namesOf(found))
	all, err := c.tenants(t.Context())
	require.NoError(t, err)
	assert.Len(t, all, 1)
}

// unseenTenant is a server for someone who sees the Projects web and new of the Tenant acme, but not the Tenant itself; they may
// not read new yet.
func unseenTenant(t *testing.T) server {
	return server{
		"projects":                    v1alpha1.ProjectList{Items: []v1alpha1.Project{project("web", "acme"), project("new", "acme")}},
		"namespaces/web/projects/web": project("web", "acme"), "namespaces/web/projects/web/gpuusage": usageOf("web", family("A100", 4, 3, 1)),
		"namespaces/new/projects/new/gpuusage": forbidden,
		"namespaces/web/aiworkloads":           rowsOfWaiting(t, "w"), "namespaces/web/computepools": metav1.Table{},
	}
}

func TestAProjectIsRankedAlsoWhereItsTenantIsNotSeen(t *testing.T) {
	c := unseenTenant(t).client(t)
	shown, err := (&top{where: where{project: "web"}}).read(t.Context(), c)
	require.NoError(t, err)
	assert.Empty(t, shown.warnings)
	assert.Equal(t, [][]any{{int64(3), "acme", "web", "3 A100", "1 A100", "1", "0s"}}, [][]any{shown.table(false, 0, now).Rows[0].Cells})

	shown, err = (&top{}).read(t.Context(), c)
	require.NoError(t, err)
	assert.Len(t, shown.standings, 1)
	assert.Equal(t, []string{"You may not read the workloads of new."}, shown.warnings)
}

func TestWhatIsDeletedWhileAllAreReadIsLeftOut(t *testing.T) {
	c := server{
		"tenants": v1alpha1.TenantList{Items: []v1alpha1.Tenant{
			{ObjectMeta: metav1.ObjectMeta{Name: "gone"}}, {ObjectMeta: metav1.ObjectMeta{Name: "acme"}}}},
		"tenants/acme/gpuusage": usageOf("acme", family("A100", 4, 3, 0)),
		"tenants/acme":          v1alpha1.Tenant{}, "tenants/gone": v1alpha1.Tenant{},
		"projects": v1alpha1.ProjectList{Items: []v1alpha1.Project{project("web", "acme"), project("old", "gone")}},
	}.client(t)
	usages, rows, err := c.tenantsUsage(t.Context(), nil, false)
	require.NoError(t, err)
	assert.Len(t, usages, 1)
	assert.Equal(t, "acme", rows[0].tenant)
	_, _, err = c.tenantsUsage(t.Context(), []string{"acme", "gone"}, false)
	require.EqualError(t, err, `there is no Tenant "gone" that you may see`)

	accounts, err := c.accounts(t.Context(), where{})
	require.NoError(t, err)
	assert.NotNil(t, accounts["acme"].tenant)
	assert.Empty(t, accounts["gone"].usage.Projects)
}

// typed runs a command against the server.
func (s server) typed(t *testing.T, args ...string) (stdout string, asked []string) {
	t.Helper()
	t.Setenv("KUBECONFIG", t.TempDir()+"/none")
	address, paths := s.start(t)
	streams, _, out, errs := genericiooptions.NewTestIOStreams()
	flags := genericclioptions.NewConfigFlags(false)
	*flags.APIServer = address
	command := NewCommand(flags, streams)
	command.SetArgs(args)
	require.Zero(t, Execute(t.Context(), command), errs.String())
	return out.String(), paths()
}

func TestVersionIsThatOfTheBuild(t *testing.T) {
	said, _ := server{}.typed(t, "--version")
	assert.Regexp(t, `^kubectl gpu version \S+ \(commit \S+, built `, said)
}

func TestTheFamiliesOfOneProjectTakeOneRequest(t *testing.T) {
	completed, asked := unseenTenant(t).typed(t, "__complete", "-n", "web", "can-i-fit", "A")
	assert.Equal(t, "A100=\n:6\n", completed)
	assert.Equal(t, []string{"namespaces/web/projects/web/gpuusage"}, asked)
}
