// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What ends the processes is tried one at a time: the watchdog alone is tried in
// cmd/tenancy-local, with processes that the kernel's signal does not reach.
func TestNothingOutlivesAParentThatIsKilled(t *testing.T) {
	for name, watchdogDiesFirst := range map[string]bool{"with the watchdog": false, "without the watchdog": true} {
		t.Run(name, func(t *testing.T) {
			started, parent := startParent(t)
			if watchdogDiesFirst {
				i := slices.IndexFunc(started, func(p process) bool { return strings.HasPrefix(p.command, "/bin/sh -c") })
				require.NotEqual(t, -1, i, "no watchdog among %v", started)
				require.NoError(t, syscall.Kill(started[i].pid, syscall.SIGKILL))
			}
			require.NoError(t, parent.Process.Kill())
			_ = parent.Wait()
			eventually(t, "all processes to end", func() bool { return len(alive(t, started)) == 0 })
		})
	}
}

// startParent starts a process that starts a cluster, and returns both.
func startParent(t *testing.T) (started []process, parent *exec.Cmd) {
	t.Helper()
	parent = exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentDir+"="+t.TempDir())
	stdout, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	t.Cleanup(func() { _ = parent.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "started: <nil>\n", line)
	started = children(t, parent.Process.Pid)
	assert.Len(t, started, 4, "three programs and the watchdog: %v", started)
	return started, parent
}
