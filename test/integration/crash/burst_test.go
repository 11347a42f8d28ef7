// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const writers = 8

// generated is what there is of Tenants and Projects, in both servers.
var generated = []struct {
	schema.GroupVersionResource
	selector string
}{
	{schema.GroupVersionResource{Group: "spectrocloud.com", Version: "v1alpha1", Resource: "projects"}, ""},
	{schema.GroupVersionResource{Group: "spectrocloud.com", Version: "v1alpha1", Resource: "tenants"}, ""},
	{schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}, v1alpha1.LabelTenant},
	{schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}, v1alpha1.LabelTenant},
	{schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "roles"}, v1alpha1.LabelTenant},
	{schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"}, v1alpha1.LabelTenant},
	{schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"}, v1alpha1.LabelTenant},
	{schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterrolebindings"}, v1alpha1.LabelTenant},
}

// size returns how many Projects a burst has and how often each program is ended in it: more where TENANCY_SOAK is set.
func size() (projects, ends int) {
	if os.Getenv("TENANCY_SOAK") != "" {
		return 200, 6
	}
	return 60, 2
}

// burst is a number of Projects that several writers create, and what became of each.
type burst struct {
	cluster *framework.Cluster
	tenant  string
	next    atomic.Int64
	tried   atomic.Int64

	mu           sync.Mutex
	acknowledged map[string]types.UID
	unknown      map[string]error // Those whose writers got no answer, or another one than yes.
}

// write creates Projects until there are n and over is done. A writer that is turned down waits until the API is back.
func (b *burst) write(t *testing.T, n int, over context.Context) {
	for {
		i := int(b.next.Add(1))
		if i > n && over.Err() != nil {
			return
		}
		name := fmt.Sprintf("burst-%d", i)
		project := framework.Project(name, b.tenant)
		project.Spec.RoleMapping = v1alpha1.RoleMapping{Viewer: []string{"v"}, Editor: []string{"e"}, Admin: []string{"a"}}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		created, err := b.cluster.Admin.Projects(name).Create(ctx, project, metav1.CreateOptions{})
		cancel()
		b.mu.Lock()
		if err == nil {
			b.acknowledged[name] = created.UID
		} else {
			b.unknown[name] = err
		}
		b.mu.Unlock()
		b.tried.Add(1)
		if err != nil {
			waitServed(t, b.cluster)
		}
	}
}

func waitServed(t *testing.T, cluster *framework.Cluster) {
	framework.EventuallyWithin(t, convergence, "the API to be back", func(ctx context.Context) error {
		_, err := cluster.Admin.Tenants().List(ctx, metav1.ListOptions{Limit: 1})
		return err
	})
}

// interrupt ends the component and starts it again, as often as said, each time after every further Projects.
func (b *burst) interrupt(t *testing.T, component string, end func(*localcluster.Component) error, every, times int) {
	for range times {
		threshold := b.tried.Load() + int64(every)
		framework.EventuallyWithin(t, convergence, "the burst to go on", func(context.Context) error {
			if tried := b.tried.Load(); tried < threshold {
				return fmt.Errorf("%d tried, waiting for %d", tried, threshold)
			}
			return nil
		})
		assert.NoError(t, end(b.cluster.Component(component)))
		assert.NoError(t, b.cluster.Component(component).Restart(t.Context()))
	}
}

// run makes the burst while the programs are ended.
func run(t *testing.T, cluster *framework.Cluster, end func(*localcluster.Component) error) *burst {
	t.Helper()
	n, times := size()
	b := &burst{cluster: cluster, tenant: "stormy", acknowledged: map[string]types.UID{}, unknown: map[string]error{}}
	_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(b.tenant, "crew"), metav1.CreateOptions{})
	require.NoError(t, err)
	began := time.Now()
	over, cancel := context.WithCancel(t.Context())
	defer cancel()
	var writing, interrupting sync.WaitGroup
	for range writers {
		writing.Go(func() { b.write(t, n, over) })
	}
	for _, component := range []string{localcluster.TenancyAPIServer, localcluster.TenancyControllerManager} {
		interrupting.Go(func() { b.interrupt(t, component, end, n/(times+1), times) })
	}
	interrupting.Wait()
	cancel()
	writing.Wait()
	waitServed(t, cluster)
	t.Logf("%d Projects in %.1fs: %d acknowledged, %d not", b.tried.Load(), time.Since(began).Seconds(), len(b.acknowledged), len(b.unknown))
	require.GreaterOrEqual(t, len(b.acknowledged)+len(b.unknown), n)
	return b
}

// requireKept checks that what was acknowledged is there, and that of the rest nothing is but whole objects.
func (b *burst) requireKept(t *testing.T) {
	t.Helper()
	list, err := b.cluster.Admin.Projects("").List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	stored := map[string]types.UID{}
	for _, project := range list.Items {
		stored[project.Name] = project.UID
	}
	for name, uid := range b.acknowledged {
		assert.Equal(t, uid, stored[name], "Project %s was acknowledged", name)
	}
	for name, err := range b.unknown {
		t.Logf("Project %s: stored: %t, after: %v", name, stored[name] != "", err)
		if stored[name] == "" {
			// What is not there left no claim: the name can be had.
			_, err := b.cluster.Admin.Projects(name).Create(t.Context(), framework.Project(name, b.tenant), metav1.CreateOptions{DryRun: []string{"All"}})
			assert.NoError(t, err)
		}
		assert.False(t, apierrors.IsInvalid(err) || apierrors.IsConflict(err), "Project %s was refused for no fault of its own: %v", name, err)
	}
}
