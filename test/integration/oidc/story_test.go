// SPDX-License-Identifier: Apache-2.0

// Package oidc lets people of the seed's groups log in with ID tokens, and do
// what their roles let them do.
package oidc

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

var cluster *framework.Cluster

func TestMain(m *testing.M) {
	framework.Main(m, localcluster.Options{}, func(c *framework.Cluster) { cluster = c })
}

// applySamples makes the Tenant and the Project of the seed.
func applySamples(t *testing.T) {
	t.Helper()
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	for _, sample := range []string{"01-tenant.yaml", "02-project.yaml"} {
		cluster.MustKubectl(t, "", "apply", "-f", filepath.Join(root, "artifacts", "samples", sample))
	}
	cluster.TenantReady(t, "primary-dev")
	cluster.ProjectReady(t, "project-a")
}

// The parts are one story, in this order.
func TestPeopleOfTheSeedsGroups(t *testing.T) {
	applySamples(t)
	for user, group := range map[string]string{"alice": "ml-engineers", "olga": "auditors", "adam": "admin", "oscar": "others"} {
		_, err := localcluster.Login(cluster.Dir(), localcluster.Identity{User: user, Groups: []string{group}, Lifetime: time.Hour})
		require.NoError(t, err)
	}
	workload := func(name string) string {
		return `{"apiVersion":"spectrocloud.com/v1alpha1","kind":"AIWorkload","spec":{"gpuRequests":{"NVIDIA-H100":4}},` +
			`"metadata":{"namespace":"project-a","name":"` + name + `"}}`
	}
	as := func(user, stdin string, args ...string) (stdout, stderr string, err error) {
		return cluster.Kubectl(t, stdin, nil, append([]string{"--context", user}, args...)...)
	}
	refused := func(t *testing.T, fragment, user, stdin string, args ...string) {
		t.Helper()
		_, stderr, err := as(user, stdin, args...)
		require.Error(t, err)
		assert.Contains(t, stderr, "(Forbidden)")
		assert.Contains(t, stderr, fragment)
	}

	t.Run("an editor's create is admitted", func(t *testing.T) {
		stdout, stderr, err := as("alice", workload("training"), "create", "-f", "-")
		require.NoError(t, err, stderr)
		assert.Equal(t, "aiworkload.spectrocloud.com/training created\n", stdout)
	})
	t.Run("a viewer reads it and changes nothing", func(t *testing.T) {
		stdout, stderr, err := as("olga", "", "get", "aiworkloads", "-n", "project-a", "-o", "name")
		require.NoError(t, err, stderr)
		assert.Equal(t, "aiworkload.spectrocloud.com/training\n", stdout)
		refused(t, `User "olga" cannot create resource "aiworkloads"`, "olga", workload("mine"), "create", "-f", "-")
		refused(t, `User "olga" cannot delete resource "aiworkloads"`, "olga", "", "delete", "-n", "project-a", "aiworkload/training")
	})
	t.Run("a stranger sees nothing", func(t *testing.T) {
		refused(t, `User "oscar" cannot list resource "aiworkloads"`, "oscar", "", "get", "aiworkloads", "-n", "project-a")
		refused(t, `User "oscar" cannot create resource "aiworkloads"`, "oscar", workload("mine"), "create", "-f", "-")
	})
	t.Run("the Tenant's admin ends it", func(t *testing.T) {
		stdout, stderr, err := as("adam", "", "delete", "aiworkload", "training", "-n", "project-a")
		require.NoError(t, err, stderr)
		assert.Contains(t, stdout, `"training" deleted`)
	})
	t.Run("tenancy-apiserver itself knows them by their token, too", func(t *testing.T) {
		list := func(user, group string) error {
			direct := cluster.Through(t, cluster.LoggedIn(t, user, group), 0)
			return direct.REST().Get().Namespace("project-a").Resource("aiworkloads").Do(t.Context()).Error()
		}
		require.NoError(t, list("alice", "ml-engineers"))
		framework.Refused(t, list("oscar", "others"), 403, `User "oscar" cannot list resource "aiworkloads"`)
	})
}
