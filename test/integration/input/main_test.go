// SPDX-License-Identifier: Apache-2.0

// Package input sends what no one should: each request gets an answer from the
// four hundreds that names the field and what would be right, of a size that a
// person can read, and the server stays up.
package input

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const (
	tenants = "/apis/spectrocloud.com/v1alpha1/tenants"

	asJSON     = "application/json"
	asYAML     = "application/yaml"
	asProtobuf = "application/vnd.kubernetes.protobuf"

	// longestAnswer is more than a refusal should ever need, in bytes.
	longestAnswer = 16 << 10
	// mostMemory is what the API server may have resident after all of this, in KiB.
	mostMemory = 768 << 10
)

var cluster *framework.Cluster

func TestMain(m *testing.M) {
	framework.Main(m, localcluster.Options{}, func(c *framework.Cluster) { cluster = c })
}

// post sends a body to the path and returns what was wrong with it.
func post(t *testing.T, path, contentType string, body []byte) error {
	t.Helper()
	return cluster.Admin.REST().Post().AbsPath(path).
		Param("fieldValidation", "Strict").SetHeader("Content-Type", contentType).Body(body).Do(t.Context()).Error()
}

// refused is framework.Refused for an answer that also has to be short.
func refused(t *testing.T, err error, code int32, fragments ...string) {
	t.Helper()
	if framework.Refused(t, err, code, fragments...) {
		assert.Less(t, len(err.Error()), longestAnswer, "the answer is too long to read: %.200s", err)
	}
}

// requireHealthy checks that the API server is the process it was, ready, and of a sane size.
func requireHealthy(t *testing.T, pid int) {
	t.Helper()
	require.Equal(t, pid, cluster.Component(localcluster.TenancyAPIServer).PID(), "it was another process before")
	direct := cluster.Through(t, cluster.Admin, 0)
	body, err := direct.REST().Get().AbsPath("/readyz").DoRaw(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "ok", string(body))
	_, err = cluster.Admin.Tenants().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	kib := memory(t, pid, "VmRSS")
	t.Logf("resident: %d MiB, at most: %d MiB", kib>>10, memory(t, pid, "VmHWM")>>10)
	assert.Less(t, kib, mostMemory, "KiB resident")
	assert.NotContains(t, cluster.LogTail(localcluster.TenancyAPIServer, 100000), "panic")
}

// memory returns a figure of the process's memory, in KiB.
func memory(t *testing.T, pid int, name string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	for line := range bytes.Lines(status) {
		if value, ok := bytes.CutPrefix(line, []byte(name+":")); ok {
			kib, err := strconv.Atoi(strings.Fields(string(value))[0])
			require.NoError(t, err)
			return kib
		}
	}
	t.Fatalf("no %s in the status of process %d", name, pid)
	return 0
}

// tenantWith returns the JSON of a Tenant with that spec.
func tenantWith(spec string) []byte {
	return fmt.Appendf(nil, `{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "Tenant", "metadata": {"name": %q}, "spec": %s}`,
		framework.Name("bad"), spec)
}

// times returns n entries, separated by commas, each made from its number.
func times(n int, entry func(i int) string) string {
	entries := make([]string, n)
	for i := range entries {
		entries[i] = entry(i)
	}
	return strings.Join(entries, ",")
}

var gvk = schema.GroupVersionKind{Group: "spectrocloud.com", Version: "v1alpha1", Kind: "Tenant"}

// groups returns the spec of a Tenant with n groups, each with that prefix and a number.
func groups(n int, prefix string) string {
	return `{"tenantRoleMapping": {"groups": [` + times(n, func(i int) string { return fmt.Sprintf("%q", fmt.Sprint(prefix, i)) }) + `]}}`
}

// limits returns the spec of a Tenant with one limit.
func limits(family, count string) string {
	return fmt.Sprintf(`{"gpuResources": {"limits": {%q: %s}}}`, family, count)
}
