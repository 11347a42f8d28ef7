// SPDX-License-Identifier: Apache-2.0

package install

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

var (
	cluster *framework.Cluster
	root    string // Of the module.
)

// An etcd is there for mode ha; mode single does without.
func TestMain(m *testing.M) {
	var err error
	if root, err = framework.ModuleRoot(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	framework.Main(m, localcluster.Options{Pods: true, ExternalEtcd: true}, func(c *framework.Cluster) { cluster = c })
}

// chart returns the path of the chart.
func chart() string { return filepath.Join(root, "artifacts", "chart") }

// helm runs what has to succeed.
func helm(t *testing.T, args ...string) string {
	t.Helper()
	said, err := cluster.Helm(t.Context(), args...)
	require.NoError(t, err, "helm %s\n%s\n%s", strings.Join(args, " "), said, state(t))
	return said
}

// install installs the chart at path as release tenancy of the namespace, and sees to it that nothing of
// it is left at the test's end.
func install(t *testing.T, namespace, path string, args ...string) {
	t.Helper()
	t.Cleanup(func() { clearAway(t, namespace) })
	helm(t, append([]string{"install", "tenancy", path, "--namespace", namespace, "--create-namespace", "--wait", "--timeout=2m"}, args...)...)
}

// clearAway removes the release and every namespace that it or a Project had.
func clearAway(t *testing.T, namespace string) {
	if t.Failed() {
		t.Log(state(t))
	}
	said, err := cluster.Helm(context.Background(), "uninstall", "tenancy", "--namespace", namespace, "--ignore-not-found", "--wait")
	require.NoError(t, err, said)
	deleteNamespace(t, "-l", "app.kubernetes.io/managed-by=tenancy")
	deleteNamespace(t, namespace)
}

// deleteNamespace returns when the namespaces are gone. kube-apiserver learns within a second that the release no longer guards its own.
func deleteNamespace(t *testing.T, which ...string) {
	t.Helper()
	var said []byte
	var err error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		args := append([]string{"delete", "namespace", "--ignore-not-found", "--timeout=30s"}, which...)
		said, err = cluster.KubectlCommand(context.Background(), nil, args...).CombinedOutput() // Not t's context, which a cleanup outlives.
		if err == nil || !strings.Contains(string(said), "helm uninstall") {
			break
		}
	}
	require.NoError(t, err, "%s", said)
}

// state returns what one would look at first when something is wrong.
func state(t *testing.T) string {
	var all strings.Builder
	for _, args := range []string{"get pods -A -o wide", "get apiservices v1alpha1.spectrocloud.com v1beta1.spectrocloud.com -o wide", "get namespaces"} {
		said, err := cluster.KubectlCommand(context.Background(), nil, strings.Fields(args)...).CombinedOutput()
		fmt.Fprintf(&all, "kubectl %s\n%s%v\n", args, said, err)
	}
	logs, err := filepath.Glob(filepath.Join(cluster.Dir(), "logs", "pods", "*", "*", "*.log"))
	require.NoError(t, err)
	for _, log := range logs {
		said, err := exec.CommandContext(context.Background(), "tail", "-n", "3", log).CombinedOutput()
		fmt.Fprintf(&all, "last lines of %s\n%s%v\n", log, said, err)
	}
	return all.String()
}
