// SPDX-License-Identifier: Apache-2.0

package visibility

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/watch"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/generated/informers/externalversions"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// atOnce is how long a change of who sees what may take to show, in the median.
const atOnce = time.Second

// expect reads events until the given one, as "TYPE name", and returns how long after since it came.
func expect(t *testing.T, events watch.Interface, want string, since time.Time) time.Duration {
	t.Helper()
	for {
		select {
		case event, open := <-events.ResultChan():
			require.True(t, open, "the watch ended before %s", want)
			object, err := meta.Accessor(event.Object)
			require.NoError(t, err, "%+v", event.Object)
			switch got := fmt.Sprintf("%s %s", event.Type, object.GetName()); {
			case got == want:
				return time.Since(since)
			case event.Type == watch.Modified:
			default:
				require.Fail(t, "another event", "%s instead of %s", got, want)
			}
		case <-time.After(framework.Patience):
			require.Fail(t, "no event", "waiting for %s", want)
		}
	}
}

func TestAChangeOfWhoSeesWhatShowsWithinASecond(t *testing.T) {
	p := newPlace(t)
	group := framework.Name("joiners")
	someone := person(t, group)
	timeout := int64(2 * framework.Patience.Seconds())
	options := metav1.ListOptions{TimeoutSeconds: &timeout}
	ofTenants, err := someone.Tenants().Watch(t.Context(), options)
	require.NoError(t, err)
	defer ofTenants.Stop()
	ofProjects, err := someone.Projects("").Watch(t.Context(), options)
	require.NoError(t, err)
	defer ofProjects.Stop()

	taken := map[string][]time.Duration{}
	took := func(what string, times ...time.Duration) { taken[what] = append(taken[what], slices.Max(times)) }
	for range 5 {
		for _, tier := range []string{"viewer", "editor", "admin"} {
			start := time.Now()
			patchProject(t, p.projects[0], `{"roleMapping":{"`+tier+`":`+quoted(group)+`}}`)
			took("a Project's mapping, for the Project", expect(t, ofProjects, "ADDED "+p.projects[0], start))
			took("a Project's mapping, for the Tenant", expect(t, ofTenants, "ADDED "+p.tenant, start))
			start = time.Now()
			patchProject(t, p.projects[0], `{"roleMapping":{"`+tier+`":[]}}`)
			expect(t, ofProjects, "DELETED "+p.projects[0], start)
			took("a Project's mapping, taken from the Tenant", expect(t, ofTenants, "DELETED "+p.tenant, start))
		}
		start := time.Now()
		patchTenant(t, p.tenant, `{"tenantRoleMapping":{"groups":`+quoted(group)+`}}`)
		took("a Tenant's mapping, for the Tenant", expect(t, ofTenants, "ADDED "+p.tenant, start))
		took("a Tenant's mapping, for its Projects",
			expectAny(t, ofProjects, "ADDED", p.projects, start), expectAny(t, ofProjects, "ADDED", p.projects, start))
		start = time.Now()
		patchTenant(t, p.tenant, `{"tenantRoleMapping":{"groups":[]}}`)
		expect(t, ofTenants, "DELETED "+p.tenant, start)
		took("a Tenant's mapping, taken from its Projects",
			expectAny(t, ofProjects, "DELETED", p.projects, start), expectAny(t, ofProjects, "DELETED", p.projects, start))
	}
	for what, times := range taken {
		slices.Sort(times)
		t.Logf("%s: %v in the median, %v at most", what, times[len(times)/2], times[len(times)-1])
		assert.Less(t, times[len(times)/2], atOnce, what)
	}
	assert.Empty(t, tenants(t, someone, metav1.ListOptions{}))
	assert.Empty(t, projects(t, someone, metav1.ListOptions{}))
}

// expectAny is expect for whichever of several comes first.
func expectAny(t *testing.T, events watch.Interface, kind string, names []string, since time.Time) time.Duration {
	t.Helper()
	for {
		select {
		case event, open := <-events.ResultChan():
			require.True(t, open)
			if event.Type == watch.Modified {
				continue
			}
			require.EqualValues(t, kind, event.Type)
			require.Contains(t, names, event.Object.(*v1alpha1.Project).Name)
			return time.Since(since)
		case <-time.After(framework.Patience):
			require.Fail(t, "no event", "waiting for %s of %v", kind, names)
		}
	}
}

func TestAProjectsCreatorSeesItAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	manager := person(t, p.tenant+"-managers")
	for range 5 {
		name := framework.Name("created")
		_, err := manager.Projects(name).Create(t.Context(), framework.Project(name, p.tenant), metav1.CreateOptions{})
		require.NoError(t, err)
		created, err := manager.Projects(name).Get(t.Context(), name, metav1.GetOptions{})
		require.NoError(t, err)
		assert.Equal(t, []string{p.tenant + "-managers"}, created.Status.TenantGroups)
		assert.Contains(t, projects(t, manager, metav1.ListOptions{}), name)
	}
}

// TestInformersOfARestrictedUserConverge while objects come into their sight and go out of it.
func TestInformersOfARestrictedUserConverge(t *testing.T) {
	t.Parallel()
	p, q := newPlace(t), newPlace(t)
	group := framework.Name("informed")
	client, err := versioned.NewForConfig(person(t, group).Config)
	require.NoError(t, err)
	factory := externalversions.NewSharedInformerFactory(client, 0)
	seenTenants := factory.Spectrocloud().V1alpha1().Tenants().Lister()
	seenProjects := factory.Spectrocloud().V1alpha1().Projects().Lister()
	ctx, cancel := context.WithCancel(t.Context())
	factory.Start(ctx.Done())
	t.Cleanup(func() { cancel(); factory.Shutdown() })
	factory.WaitForCacheSync(ctx.Done())

	all := append(append([]string{}, p.projects...), q.projects...)
	mapped := map[string]bool{}
	managed := map[string]bool{}
	for range 60 {
		switch name := all[rand.IntN(len(all))]; rand.IntN(3) {
		case 0:
			tenant := []string{p.tenant, q.tenant}[rand.IntN(2)]
			managed[tenant] = !managed[tenant]
			patchTenant(t, tenant, `{"tenantRoleMapping":{"groups":`+quotedIf(managed[tenant], group)+`}}`)
		default:
			mapped[name] = !mapped[name]
			patchProject(t, name, `{"roleMapping":{"viewer":`+quotedIf(mapped[name], group)+`}}`)
		}
	}
	var wantTenants, wantProjects []string
	for _, place := range []place{p, q} {
		visible := managed[place.tenant]
		for _, name := range place.projects {
			visible = visible || mapped[name]
			if mapped[name] || managed[place.tenant] {
				wantProjects = append(wantProjects, name)
			}
		}
		if visible {
			wantTenants = append(wantTenants, place.tenant)
		}
	}
	framework.Eventually(t, "the informers to agree", func(context.Context) error {
		var gotTenants, gotProjects []string
		tenants, err := seenTenants.List(labels.Everything())
		require.NoError(t, err)
		for _, tenant := range tenants {
			gotTenants = append(gotTenants, tenant.Name)
		}
		projects, err := seenProjects.List(labels.Everything())
		require.NoError(t, err)
		for _, project := range projects {
			gotProjects = append(gotProjects, project.Name)
		}
		got, want := append(sorted(gotTenants...), sorted(gotProjects...)...), append(sorted(wantTenants...), sorted(wantProjects...)...)
		if !slices.Equal(got, want) {
			return fmt.Errorf("seen: %v, instead of %v", got, want)
		}
		return nil
	})
}

func quotedIf(set bool, group string) string {
	if set {
		return quoted(group)
	}
	return "[]"
}

func TestKubectlListsAndFollowsWhatOneSees(t *testing.T) {
	t.Parallel()
	p, other := newPlace(t), newPlace(t)
	group := framework.Name("watchers")
	as := []string{"--as=wes", "--as-group=" + group, "--as-group=" + p.projects[0] + "-viewers", "--as-group=system:authenticated"}
	table := cluster.MustKubectl(t, "", append([]string{"get", "projects", "-A", "--no-headers"}, as...)...)
	assert.Equal(t, 1, strings.Count(table, "\n"), table)
	assert.Contains(t, table, p.projects[0])

	ctx, cancel := context.WithCancel(t.Context())
	follow := append([]string{"get", "tenants", "-w", "--no-headers", "--output-watch-events"}, as...)
	command := cluster.KubectlCommand(ctx, nil, follow...)
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() { cancel(); _ = command.Wait() }) // It is killed.
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	next := func(kind, name string) {
		t.Helper()
		for {
			select {
			case line := <-lines:
				if strings.HasPrefix(line, "MODIFIED") {
					continue
				}
				assert.Equal(t, []string{kind, name}, strings.Fields(line)[:2], line)
				return
			case <-time.After(framework.Patience):
				require.Fail(t, "nothing", "%s %s", kind, name)
			}
		}
	}
	next("ADDED", p.tenant)
	patchProject(t, other.projects[1], `{"roleMapping":{"admin":`+quoted(group)+`}}`)
	next("ADDED", other.tenant)
	patchProject(t, other.projects[1], `{"roleMapping":{"admin":[]}}`)
	next("DELETED", other.tenant)
}
