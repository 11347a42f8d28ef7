// SPDX-License-Identifier: Apache-2.0

package framework

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Kubectl runs the real kubectl as the administrator, with stdin and further KEY=value variables, and returns what it
// wrote to both streams.
func (c *Cluster) Kubectl(t *testing.T, stdin string, env []string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := c.KubectlCommand(ctx, env, args...)
	var out, errs strings.Builder
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(stdin), &out, &errs
	err = command.Run()
	return out.String(), errs.String(), err
}

// MustKubectl is Kubectl for what has to succeed.
func (c *Cluster) MustKubectl(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	stdout, stderr, err := c.Kubectl(t, stdin, nil, args...)
	require.NoError(t, err, "kubectl %s\n%s%s", strings.Join(args, " "), stdout, stderr)
	return stdout
}

// KubectlCommand returns a run of kubectl that is yet to be started. It keeps its caches with the cluster.
func (c *Cluster) KubectlCommand(ctx context.Context, env []string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, c.kubectl, args...)
	command.Args[0] = "kubectl"
	command.Env = append(append(os.Environ(), c.Env()...), "HOME="+c.Dir())
	command.Env = append(command.Env, env...)
	return command
}
