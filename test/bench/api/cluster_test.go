// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/bench/rounds"
)

const (
	admin  = "admin"  // Of group system:masters, whom nothing is asked about.
	member = "member" // Of a group of the Tenant, with RBAC to create all three kinds.

	memberGroup   = "oidc:bench-tenant"
	tenantName    = "bench"
	peerNamespace = "peers" // Of ConfigMaps and custom resources. Each Project has one of its own, which does not exist.

	starts     = 5
	startLimit = 3 * time.Second
)

// processes are those whose CPU time the tables have. The etcd of Projects is part of tenancy-apiserver.
var processes = []string{localcluster.KubeAPIServer, localcluster.TenancyAPIServer, localcluster.Etcd, "client"}

// start starts a cluster without controllers: they would make thousands of namespaces meanwhile. Both etcds wait for the
// disk, as the embedded one always does.
func start(b *testing.B) *localcluster.Cluster {
	b.Helper()
	cluster, err := localcluster.Start(b.Context(), localcluster.Options{
		Dir: b.TempDir(), BinDir: filepath.Join("..", "..", "..", "bin"), Stdout: os.Stdout,
	})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, cluster.Stop()) })
	for _, controllers := range []string{localcluster.TenancyControllerManager, localcluster.KubeControllerManager} {
		require.NoError(b, cluster.Component(controllers).Kill())
	}
	return cluster
}

// measureStart measures from exec to readyz: of tenancy-apiserver with no data, in turns with kube-apiserver on what little
// a new cluster has. The fastest start has to keep the promise: slower ones are the machine's.
func measureStart(b *testing.B, cluster *localcluster.Cluster) {
	b.Helper()
	seconds := map[string][]float64{}
	for range starts {
		for _, name := range []string{localcluster.TenancyAPIServer, localcluster.KubeAPIServer} {
			component := cluster.Component(name)
			require.NoError(b, component.Kill()) // kube-apiserver takes ten seconds and more to stop.
			if name == localcluster.TenancyAPIServer {
				require.NoError(b, os.RemoveAll(filepath.Join(cluster.Dir(), localcluster.TenancyEtcd)))
			}
			began := time.Now()
			require.NoError(b, component.Restart(b.Context()))
			seconds[name] = append(seconds[name], time.Since(began).Seconds())
		}
	}
	fmt.Printf("\n| start, exec to readyz | fastest s | median s | slowest s |\n| --- | --- | --- | --- |\n")
	for _, name := range []string{localcluster.TenancyAPIServer, localcluster.KubeAPIServer} {
		all := seconds[name]
		fmt.Printf("| %s | %.2f | %.2f | %.2f |\n", name, slices.Min(all), rounds.Median(all), slices.Max(all))
	}
	if fastest := slices.Min(seconds[localcluster.TenancyAPIServer]); fastest > startLimit.Seconds() {
		b.Errorf("tenancy-apiserver took %.2fs to start at best: want %v or less", fastest, startLimit)
	}
}

// prepare creates what the objects to be created need: the Tenant, the custom resource's definition, a namespace, and the
// rights of a member, which the controllers would give otherwise.
func prepare(b *testing.B, cluster *localcluster.Cluster) {
	b.Helper()
	ctx := b.Context()
	host, err := kubernetes.NewForConfig(cluster.Config())
	require.NoError(b, err)
	_, err = host.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: peerNamespace}}, metav1.CreateOptions{})
	require.NoError(b, err)
	role := metav1.ObjectMeta{Name: "bench"}
	_, err = host.RbacV1().ClusterRoles().Create(ctx, &rbacv1.ClusterRole{ObjectMeta: role, Rules: []rbacv1.PolicyRule{{
		Verbs: []string{"create"}, APIGroups: []string{"", v1alpha1.SchemeGroupVersion.Group, customGroupVersion.Group}, Resources: []string{"configmaps", "projects"},
	}}}, metav1.CreateOptions{})
	require.NoError(b, err)
	_, err = host.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: role,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: memberGroup}},
	}, metav1.CreateOptions{})
	require.NoError(b, err)
	data, err := os.ReadFile(definitionFile)
	require.NoError(b, err)
	definition := &unstructured.Unstructured{}
	require.NoError(b, yaml.Unmarshal(data, &definition.Object))
	createDefinition(b, cluster, definition, "projects")
	createTenant(b, cluster, tenantName, v1alpha1.GPUCounts{"Default": 100, "NVIDIA-A100": 100, "NVIDIA-H100": 100})
}

// createTenant creates a Tenant with these limits, of all requests and of each.
func createTenant(b *testing.B, cluster *localcluster.Cluster, name string, gpus v1alpha1.GPUCounts) {
	b.Helper()
	tenancy, err := versioned.NewForConfig(cluster.Config())
	require.NoError(b, err)
	tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.TenantSpec{
		TenantRoleMapping: v1alpha1.TenantRoleMapping{Groups: []string{"oidc:bench-others", memberGroup}},
		GPUResources:      v1alpha1.GPUResources{Limits: gpus, Requests: gpus},
	}}
	eventually(b, "creating the Tenant", func(ctx context.Context) error {
		_, err := tenancy.SpectrocloudV1alpha1().Tenants().Create(ctx, tenant, metav1.CreateOptions{})
		return err
	})
}

// createDefinition creates a custom resource's definition and waits until it is served.
func createDefinition(b *testing.B, cluster *localcluster.Cluster, definition *unstructured.Unstructured, resource string) {
	b.Helper()
	objects, err := dynamic.NewForConfig(cluster.Config())
	require.NoError(b, err)
	definitions := objects.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	_, err = definitions.Create(b.Context(), definition, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	require.NoError(b, err)
	eventually(b, "listing the custom resource", func(ctx context.Context) error {
		_, err := objects.Resource(customGroupVersion.WithResource(resource)).List(ctx, metav1.ListOptions{})
		return err
	})
}

// eventually repeats action until it succeeds: after a restart, and for a new API, that takes kube-apiserver seconds.
func eventually(b *testing.B, what string, action func(context.Context) error) {
	b.Helper()
	var last error
	err := wait.PollUntilContextTimeout(b.Context(), 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		last = action(ctx)
		return last == nil, nil
	})
	require.NoError(b, err, "%s: %v", what, last)
}

// cpu returns the CPU time that each of the processes has used.
func cpu(cluster *localcluster.Cluster) (map[string]time.Duration, error) {
	used := map[string]time.Duration{}
	for _, name := range processes {
		pid := os.Getpid()
		if component := cluster.Component(name); component != nil {
			pid = component.PID()
		}
		var err error
		if used[name], err = processCPU(pid); err != nil {
			return nil, fmt.Errorf("reading the CPU time of %s: %w", name, err)
		}
	}
	return used, nil
}

// processCPU returns the user and system time of a process: fields 14 and 15 of its stat, in hundredths of a second. The
// second field is a name in parentheses, which may hold anything.
func processCPU(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields after the name", pid, len(fields))
	}
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, err
}

// machine says what the figures were taken on, and how busy it was.
func machine() string {
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d cores, %s, load %s", runtime.NumCPU(), runtime.Version(), strings.Join(strings.Fields(string(load))[:3], " "))
}
