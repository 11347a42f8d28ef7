// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/pkg/localcluster"
)

const (
	systemNamespace = "palette-system"

	// patience is for what takes a moment, patienceToGo for namespaces: their controller looks again after some seconds
	// when it finds a namespace that is not empty yet.
	patience     = 20 * time.Second
	patienceToGo = 60 * time.Second
	poll         = 50 * time.Millisecond
)

// The cluster that all tests share; each has Tenants and Projects of its own names.
var (
	cluster *localcluster.Cluster
	host    kubernetes.Interface
	tenancy versioned.Interface
)

func TestMain(m *testing.M) {
	status, err := withCluster(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func withCluster(run func() int) (status int, err error) {
	dir, err := os.MkdirTemp("", "controllers-test-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cluster, err = localcluster.Start(context.Background(), localcluster.Options{
		Dir: dir, BinDir: filepath.Join("..", "..", "..", "bin"), Ephemeral: true,
		// A killed leader is replaced when its lease runs out: soon, here.
		ExtraArgs: map[string][]string{localcluster.TenancyControllerManager: {
			"--leader-elect-lease-duration=3s", "--leader-elect-renew-deadline=2s", "--leader-elect-retry-period=500ms",
		}},
	})
	if err != nil {
		return 1, err
	}
	defer func() {
		if stopErr := cluster.Stop(); err == nil {
			err = stopErr
		}
	}()
	config := cluster.Config()
	config.QPS, config.Burst = -1, -1
	if host, err = kubernetes.NewForConfig(config); err != nil {
		return 1, err
	}
	if tenancy, err = versioned.NewForConfig(config); err != nil {
		return 1, err
	}
	if status = run(); status != 0 {
		fmt.Fprintln(os.Stderr, cluster.LogTail(localcluster.TenancyControllerManager, 40))
	}
	return status, nil
}

// eventually waits until check passes, and fails with what it last complained of.
func eventually(t *testing.T, check func(c *assert.CollectT), within time.Duration, what string) {
	t.Helper()
	require.EventuallyWithT(t, check, within, poll, what)
}

func newTenant(name string, groups ...string) *v1alpha1.Tenant {
	return &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.TenantSpec{TenantRoleMapping: v1alpha1.TenantRoleMapping{Groups: groups}},
	}
}

func newProject(tenant, name string) *v1alpha1.Project {
	return &v1alpha1.Project{
		ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: name},
		Spec: v1alpha1.ProjectSpec{
			TenantRef: v1alpha1.TenantReference{Name: tenant},
			RoleMapping: v1alpha1.RoleMapping{
				Viewer: []string{name + "-viewers"}, Editor: []string{name + "-editors"}, Admin: []string{name + "-admins"},
			},
		},
	}
}

func createTenant(t *testing.T, tenant *v1alpha1.Tenant) *v1alpha1.Tenant {
	t.Helper()
	created, err := tenancy.SpectrocloudV1alpha1().Tenants().Create(t.Context(), tenant, metav1.CreateOptions{})
	require.NoError(t, err)
	return created
}

func createProject(t *testing.T, project *v1alpha1.Project) *v1alpha1.Project {
	t.Helper()
	created, err := tenancy.SpectrocloudV1alpha1().Projects(project.Namespace).Create(t.Context(), project, metav1.CreateOptions{})
	require.NoError(t, err)
	return created
}

// start creates a Tenant with one group and Projects in it, and returns when all are Ready.
func start(t *testing.T, tenant string, projects ...string) {
	t.Helper()
	createTenant(t, newTenant(tenant, tenant+"-managers"))
	for _, project := range projects {
		createProject(t, newProject(tenant, project))
	}
	waitTenant(t, tenant, v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")
	for _, project := range projects {
		waitProject(t, project, v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")
	}
}

func waitTenant(t *testing.T, name, conditionType string, status metav1.ConditionStatus, reason string) (found metav1.Condition) {
	t.Helper()
	eventually(t, func(c *assert.CollectT) {
		tenant, err := tenancy.SpectrocloudV1alpha1().Tenants().Get(t.Context(), name, metav1.GetOptions{})
		require.NoError(c, err)
		found = hasCondition(c, tenant.Status.Conditions, conditionType, status, reason, tenant.Generation)
	}, patience, "Tenant "+name)
	return found
}

func waitProject(t *testing.T, name, conditionType string, status metav1.ConditionStatus, reason string) (found metav1.Condition) {
	t.Helper()
	eventually(t, func(c *assert.CollectT) {
		project, err := tenancy.SpectrocloudV1alpha1().Projects(name).Get(t.Context(), name, metav1.GetOptions{})
		require.NoError(c, err)
		found = hasCondition(c, project.Status.Conditions, conditionType, status, reason, project.Generation)
	}, patience, "Project "+name)
	return found
}

func hasCondition(c *assert.CollectT, conditions []metav1.Condition, conditionType string, status metav1.ConditionStatus, reason string, generation int64) metav1.Condition {
	condition := meta.FindStatusCondition(conditions, conditionType)
	require.NotNil(c, condition, conditionType)
	assert.Equal(c, status, condition.Status, condition.Message)
	assert.Equal(c, reason, condition.Reason, condition.Message)
	assert.Equal(c, generation, condition.ObservedGeneration)
	return *condition
}

func deleteTenant(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, tenancy.SpectrocloudV1alpha1().Tenants().Delete(t.Context(), name, metav1.DeleteOptions{}))
}

func deleteProject(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, tenancy.SpectrocloudV1alpha1().Projects(name).Delete(t.Context(), name, metav1.DeleteOptions{}))
}

func waitTenantGone(t *testing.T, name string) {
	t.Helper()
	waitGone(t, "Tenant "+name, func() error {
		_, err := tenancy.SpectrocloudV1alpha1().Tenants().Get(t.Context(), name, metav1.GetOptions{})
		return err
	})
}

func waitProjectGone(t *testing.T, name string) {
	t.Helper()
	waitGone(t, "Project "+name, func() error {
		_, err := tenancy.SpectrocloudV1alpha1().Projects(name).Get(t.Context(), name, metav1.GetOptions{})
		return err
	})
}

func waitNamespaceGone(t *testing.T, name string) {
	t.Helper()
	waitGone(t, "Namespace "+name, func() error {
		_, err := host.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{})
		return err
	})
}

func waitGone(t *testing.T, what string, get func() error) {
	t.Helper()
	eventually(t, func(c *assert.CollectT) {
		assert.True(c, apierrors.IsNotFound(get()), "it is still there")
	}, patienceToGo, what)
}

func getNamespace(t *testing.T, name string) *corev1.Namespace {
	t.Helper()
	namespace, err := host.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	return namespace
}

// waitEvent waits for an event about an object of that kind and name.
func waitEvent(t *testing.T, namespace, kind, name, reason string) {
	t.Helper()
	eventually(t, func(c *assert.CollectT) {
		list, err := host.EventsV1().Events(namespace).List(t.Context(), metav1.ListOptions{})
		require.NoError(c, err)
		for _, event := range list.Items {
			if event.Regarding.Kind == kind && event.Regarding.Name == name && event.Reason == reason {
				assert.Equal(c, "tenancy-controller-manager", event.ReportingController)
				return
			}
		}
		assert.Fail(c, "no such event", "%d others in namespace %s", len(list.Items), namespace)
	}, patience, reason+" of "+kind+" "+name)
}
