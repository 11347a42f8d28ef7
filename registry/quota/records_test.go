// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/apiserver"
)

func TestStatusAndLabelsLeaveTheLedgerAlone(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	require.NoError(t, s.createTenant(t.Context(), newTenant("acme", counts{"A100": 8})))
	require.NoError(t, s.createProject(t.Context(), newProject("ml", "acme", counts{"A100": 8})))
	ledger := []string{"/ledger/tenants/acme", "/ledger/projects/acme/ml", "/ledger/claims/acme", "/ledger/claims/ml"}
	before := make([]int64, len(ledger))
	for i, key := range ledger {
		before[i] = modRevision(t, etcd, prefix+key)
	}

	objects := modRevision(t, etcd, prefix+"/tenants/acme") + modRevision(t, etcd, prefix+"/projects/ml/ml")
	require.NoError(t, s.reportTenant(t.Context(), "acme", 1))
	require.NoError(t, s.reportProject(t.Context(), "ml", counts{"A100": 1}))
	require.NoError(t, s.updateTenant(t.Context(), "acme", func(tenant *spectrocloud.Tenant) { tenant.Labels = map[string]string{"a": "b"} }))
	require.NoError(t, s.updateProject(t.Context(), "ml", func(p *spectrocloud.Project) { p.Spec.DisplayName = "ML" }))
	assert.Greater(t, modRevision(t, etcd, prefix+"/tenants/acme")+modRevision(t, etcd, prefix+"/projects/ml/ml"), objects)
	for i, key := range ledger {
		assert.Equal(t, before[i], modRevision(t, etcd, prefix+key), key)
	}

	require.NoError(t, s.updateTenant(t.Context(), "acme", func(tenant *spectrocloud.Tenant) { tenant.Spec.TenantRoleMapping.Groups = nil }))
	assert.Greater(t, modRevision(t, etcd, prefix+"/ledger/tenants/acme"), before[0], "groups are what rights are decided on")
}

func TestAnUpdateThatChangesNothingWritesNothing(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	require.NoError(t, s.createTenant(t.Context(), newTenant("acme", counts{"A100": 8})))
	before := revision(t, etcd)
	require.NoError(t, s.updateTenant(t.Context(), "acme", func(*spectrocloud.Tenant) {}))
	assert.Equal(t, before, revision(t, etcd))
}

// testdata/etcd.json is what yesterday's server left in etcd. A change of it takes a migration.
func TestKeysAndValuesInEtcdAreThoseOfYesterday(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	acme := newTenant("primary-dev", counts{"NVIDIA-A100": 64, "NVIDIA-H100": 48})
	acme.Spec.GPUResources.Requests = counts{"NVIDIA-A100": 8}
	require.NoError(t, s.createTenant(t.Context(), acme))
	require.NoError(t, s.createProject(t.Context(), newProject("project-a", "primary-dev", counts{"NVIDIA-A100": 64, "Default": 24})))
	require.NoError(t, s.createTenant(t.Context(), newTenant("leaving", nil)))
	require.NoError(t, s.deleteTenant(t.Context(), "leaving"))
	require.NoError(t, s.createProject(t.Context(), newProject("project-z", "primary-dev", nil)))
	require.NoError(t, s.deleteProject(t.Context(), "project-z"))
	pool, err := s.createPool(t.Context(), newPool("project-a", "pool", "NVIDIA-H100", 4))
	require.NoError(t, err)
	holds, err := s.createWorkload(t.Context(), newWorkload("project-a", "holds", counts{"NVIDIA-A100": 8, "NVIDIA-H100": 1}))
	require.NoError(t, err)
	waits, err := s.createWorkload(t.Context(), newWorkload("project-a", "waits", counts{"NVIDIA-L40S": 30}))
	require.NoError(t, err)
	resized, err := s.createWorkload(t.Context(), newWorkload("project-a", "resized", counts{"NVIDIA-L40S": 31}))
	require.NoError(t, err)
	require.NoError(t, s.resizeWorkload(t.Context(), "project-a", "resized", counts{"NVIDIA-L40S": 29}))

	uids := map[string]string{string(pool.UID): "UID of the pool", string(holds.UID): "UID of what holds", string(waits.UID): "UID of what waits",
		string(resized.UID): "UID of what keeps its place"}
	for _, name := range []string{"primary-dev", "leaving"} {
		tenant, err := s.getTenant(t.Context(), name)
		require.NoError(t, err)
		uids[string(tenant.UID)] = "UID of Tenant " + name
	}
	for _, name := range []string{"project-a", "project-z"} {
		project, err := s.getProject(t.Context(), name)
		require.NoError(t, err)
		uids[string(project.UID)] = "UID of Project " + name
	}

	got := map[string]any{}
	for key, value := range keys(t, etcd) {
		if strings.HasPrefix(key, prefix+"/ledger/") {
			for uid, name := range uids {
				value = strings.ReplaceAll(value, uid, name)
			}
			if strings.HasPrefix(key, prefix+"/ledger/turns/") {
				value = regexp.MustCompile(`[0-9a-f-]{36}`).ReplaceAllString(value, "ID of the server")
			}
			got[key] = json.RawMessage(value)
			continue
		}
		require.True(t, strings.HasPrefix(value, "k8s\x00"), "%s is not stored as protobuf: %.20q", key, value)
		_, kind, err := protobuf.NewSerializer(apiserver.Scheme, apiserver.Scheme).Decode([]byte(value), nil, nil)
		require.NoError(t, err)
		got[key] = "protobuf " + kind.GroupVersion().String() + " " + kind.Kind
	}
	golden(t, "etcd.json", got)
}

// golden compares got, as JSON, with a file of testdata. With TENANCY_UPDATE_GOLDEN set it writes the file instead.
func golden(t *testing.T, name string, got any) {
	t.Helper()
	actual, err := json.MarshalIndent(got, "", "  ")
	require.NoError(t, err)
	file := filepath.Join("testdata", name)
	if os.Getenv("TENANCY_UPDATE_GOLDEN") != "" {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, append(actual, '\n'), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(append(actual, '\n')))
}
