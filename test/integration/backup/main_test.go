// SPDX-License-Identifier: Apache-2.0

// Package backup saves what etcd holds, restores it, moves it to an etcd of its
// own, and fills it up.
package backup

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// quotaBytes is little enough to be filled within seconds.
const quotaBytes = "41943040"

// convergence is how long the controllers may take to follow.
const convergence = 2 * time.Minute

var cluster *framework.Cluster

func TestMain(m *testing.M) {
	options := localcluster.Options{ExtraArgs: map[string][]string{localcluster.TenancyAPIServer: {
		"--etcd-quota-backend-bytes=" + quotaBytes, "--etcd-defragment-free-bytes=4194304", "--etcd-compaction-interval=2s"}}}
	framework.Main(m, options, func(started *framework.Cluster) { cluster = started })
}

// tool runs tenancy-apiserver with a subcommand.
func tool(t *testing.T, stdin []byte, args ...string) (stdout, stderr []byte, err error) {
	t.Helper()
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	ctx, stop := context.WithTimeout(t.Context(), convergence)
	defer stop()
	command := exec.CommandContext(ctx, filepath.Join(root, "bin", localcluster.TenancyAPIServer), args...)
	var out, errs bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(stdin), &out, &errs
	err = command.Run()
	return out.Bytes(), errs.Bytes(), err
}

// must runs tenancy-apiserver with a subcommand that has to succeed, and returns what it prints.
func must(t *testing.T, stdin []byte, args ...string) []byte {
	t.Helper()
	stdout, stderr, err := tool(t, stdin, args...)
	require.NoError(t, err, "%s\n%s", args, stderr)
	return stdout
}

// dataDir is where the cluster's embedded etcd keeps its data.
func dataDir(c *framework.Cluster) string { return filepath.Join(c.Dir(), localcluster.TenancyEtcd) }

// stop ends the API server of the cluster, which is down then.
func stop(t *testing.T, c *framework.Cluster) {
	t.Helper()
	require.NoError(t, c.Component(localcluster.TenancyAPIServer).Stop())
}

// start starts the API server again, and waits until it is served through kube-apiserver.
func start(t *testing.T, c *framework.Cluster) {
	t.Helper()
	require.NoError(t, c.Component(localcluster.TenancyAPIServer).Restart(t.Context()))
	framework.Eventually(t, "the API to be back", func(ctx context.Context) error {
		return c.Admin.REST().Get().AbsPath(api).Do(ctx).Error()
	})
}

// wipe takes the data of the embedded etcd away.
func wipe(t *testing.T, c *framework.Cluster) {
	t.Helper()
	require.NoError(t, os.RemoveAll(dataDir(c)))
}
