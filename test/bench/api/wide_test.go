// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	rbaclisters "k8s.io/client-go/listers/rbac/v1"
	"k8s.io/component-base/metrics/testutil"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/generated/informers/externalversions"
	tenancylisters "spectrocloud.com/tenancy/generated/listers/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/localcluster"
)

// wideTenant is a Tenant with many Projects, and what is generated for them as a client's cache has it.
type wideTenant struct {
	host     kubernetes.Interface
	servers  []kubernetes.Interface // Whose writes are counted.
	tenancy  versioned.Interface
	bindings rbaclisters.RoleBindingLister
	roles    rbaclisters.RoleLister
	projects tenancylisters.ProjectLister
}

func newWideTenant(b *testing.B, cluster *localcluster.Cluster) *wideTenant {
	b.Helper()
	config := cluster.Config()
	config.QPS = -1
	config.ContentType, config.AcceptContentTypes = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf+","+runtime.ContentTypeJSON
	w := &wideTenant{host: kubernetes.NewForConfigOrDie(config), tenancy: versioned.NewForConfigOrDie(config)}
	w.servers = []kubernetes.Interface{w.host, kubernetes.NewForConfigOrDie(cluster.Direct(config, 0))}
	factory := informers.NewSharedInformerFactory(w.host, 0)
	w.bindings, w.roles = factory.Rbac().V1().RoleBindings().Lister(), factory.Rbac().V1().Roles().Lister()
	ours := externalversions.NewSharedInformerFactory(w.tenancy, 0)
	w.projects = ours.Spectrocloud().V1alpha1().Projects().Lister()
	factory.Start(b.Context().Done())
	ours.Start(b.Context().Done())
	factory.WaitForCacheSync(b.Context().Done())
	ours.WaitForCacheSync(b.Context().Done())

	_, err := w.tenancy.SpectrocloudV1alpha1().Tenants().Create(b.Context(), &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: wide},
		Spec:       v1alpha1.TenantSpec{TenantRoleMapping: v1alpha1.TenantRoleMapping{Groups: []string{"first"}}},
	}, metav1.CreateOptions{})
	require.NoError(b, err)
	var creating sync.WaitGroup
	failures := make(chan error, wideCount)
	for worker := range 16 {
		creating.Go(func() {
			for i := worker; i < wideCount; i += 16 {
				failures <- w.createProject(b.Context(), wideProject(i))
			}
		})
	}
	creating.Wait()
	for range wideCount {
		require.NoError(b, <-failures)
	}
	require.NoError(b, wait.PollUntilContextTimeout(b.Context(), time.Second, 5*time.Minute, true, w.allReady), "all Projects ready")
	return w
}

func wideProject(i int) string { return fmt.Sprintf("%s-%04d", wide, i) }

func (w *wideTenant) createProject(ctx context.Context, name string) error {
	_, err := w.tenancy.SpectrocloudV1alpha1().Projects(name).Create(ctx, &v1alpha1.Project{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: name},
		Spec: v1alpha1.ProjectSpec{
			TenantRef:   v1alpha1.TenantReference{Name: wide},
			RoleMapping: v1alpha1.RoleMapping{Viewer: []string{"readers"}, Editor: []string{"writers"}, Admin: []string{"owners"}},
		},
	}, metav1.CreateOptions{})
	return err
}

func (w *wideTenant) allReady(ctx context.Context) (bool, error) {
	list, err := w.tenancy.SpectrocloudV1alpha1().Projects("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return false, err
	}
	ready := 0
	for _, project := range list.Items {
		if meta.IsStatusConditionTrue(project.Status.Conditions, v1alpha1.ConditionReady) {
			ready++
		}
	}
	return ready == wideCount, nil
}

// settled waits until nobody writes any more, and returns how many writes of roles, bindings and our own kinds there have
// been.
func (w *wideTenant) settled(b *testing.B) float64 {
	b.Helper()
	last := -1.0
	require.NoError(b, wait.PollUntilContextTimeout(b.Context(), time.Second, time.Minute, true, func(ctx context.Context) (bool, error) {
		now, err := w.writes(ctx)
		quiet := now == last
		last = now
		return quiet, err
	}))
	return last
}

func (w *wideTenant) writes(ctx context.Context) (float64, error) {
	total := 0.0
	for _, server := range w.servers {
		text, err := server.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
		if err != nil {
			return 0, err
		}
		metrics := testutil.NewMetrics()
		if err := testutil.ParseMetrics(string(text), &metrics); err != nil {
			return 0, err
		}
		for _, sample := range metrics["apiserver_request_total"] {
			group, verb := string(sample.Metric["group"]), string(sample.Metric["verb"])
			ours := group == rbacv1.GroupName || group == v1alpha1.GroupName
			if ours && strings.Contains("POST PUT PATCH APPLY DELETE", verb) && verb != "" {
				total += float64(sample.Value)
			}
		}
	}
	return total, nil
}

func (w *wideTenant) mapTenant(b *testing.B, to string) {
	b.Helper()
	patch := fmt.Sprintf(`{"spec":{"tenantRoleMapping":{"groups":[%q]}}}`, to)
	_, err := w.tenancy.SpectrocloudV1alpha1().Tenants().Patch(b.Context(), wide, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	require.NoError(b, err)
}

func (w *wideTenant) mapProject(b *testing.B, to string) {
	b.Helper()
	name := wideProject(0)
	patch := fmt.Sprintf(`{"spec":{"roleMapping":{"viewer":[%q]}}}`, to)
	_, err := w.tenancy.SpectrocloudV1alpha1().Projects(name).Patch(b.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	require.NoError(b, err)
}

// setRules lets editors read one kind of resource more, whose name is to.
func (w *wideTenant) setRules(b *testing.B, to string) {
	b.Helper()
	patch := fmt.Sprintf(`{"data":{"rules.yaml":"[{apiGroups: [example.com], resources: [%s], verbs: [get]}]"}}`, to)
	_, err := w.host.CoreV1().ConfigMaps(wide).Patch(b.Context(), "project-rbac-editor", types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	require.NoError(b, err)
}

// bound returns what counts the first n Projects whose RoleBinding for role binds a group.
func (w *wideTenant) bound(role string, n int) func(context.Context, string) (int, error) {
	return func(_ context.Context, group string) (int, error) {
		found := 0
		for i := range n {
			name := wideProject(i)
			binding, err := w.bindings.RoleBindings(name).Get("prj-" + name + "-" + role)
			if err != nil {
				return 0, err
			}
			if len(binding.Subjects) == 1 && binding.Subjects[0].Name == group {
				found++
			}
		}
		return found, nil
	}
}

// ruled counts the Projects whose editors may read the resource.
func (w *wideTenant) ruled(_ context.Context, resource string) (int, error) {
	n := 0
	for i := range wideCount {
		name := wideProject(i)
		role, err := w.roles.Roles(name).Get("prj-" + name + "-editor")
		if err != nil {
			return 0, err
		}
		if len(role.Rules) == 1 && len(role.Rules[0].Resources) == 1 && role.Rules[0].Resources[0] == resource {
			n++
		}
	}
	return n, nil
}

// seen counts the Projects that the group sees as one of the Tenant's.
func (w *wideTenant) seen(_ context.Context, group string) (int, error) {
	list, err := w.projects.List(labels.Everything())
	if err != nil {
		return 0, err
	}
	n := 0
	for _, project := range list {
		if slices.Equal(project.Status.TenantGroups, []string{group}) {
			n++
		}
	}
	return n, nil
}
