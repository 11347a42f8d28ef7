// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// beTenancyLocal makes the test binary behave as tenancy-local, with its arguments.
const beTenancyLocal = "TENANCY_LOCAL_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(beTenancyLocal) == "" {
		os.Exit(m.Run())
	}
	status, err := run(os.Getenv(beTenancyLocal), os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// tenancyLocal returns a command that runs tenancy-local, Kubernetes only, with
// temporary files in a directory of its own.
func tenancyLocal(t *testing.T, args ...string) (cmd *exec.Cmd, tmp string) {
	t.Helper()
	bin, err := filepath.Abs("../../bin")
	require.NoError(t, err)
	tmp = t.TempDir()
	cmd = exec.Command(os.Args[0], append([]string{"--kubernetes-only"}, args...)...)
	cmd.Env = append(os.Environ(), beTenancyLocal+"="+bin, "TMPDIR="+tmp)
	cmd.Stderr = os.Stderr
	return cmd, tmp
}

// started starts the command and returns its output, line by line.
func started(t *testing.T, cmd *exec.Cmd) *bufio.Reader {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return bufio.NewReader(stdout)
}

// readLine returns the next line without its end.
func readLine(t *testing.T, output *bufio.Reader) string {
	t.Helper()
	line, err := output.ReadString('\n')
	require.NoError(t, err, "output ended after %q", line)
	return strings.TrimSuffix(line, "\n")
}

// child returns the process of that name that the parent has started.
func child(t *testing.T, parent int, name string) int {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent)) // One per thread.
	require.NoError(t, err)
	for _, list := range lists {
		children, err := os.ReadFile(list)
		require.NoError(t, err)
		for _, pid := range strings.Fields(string(children)) {
			command, err := os.ReadFile("/proc/" + pid + "/cmdline")
			require.NoError(t, err)
			if path, _, _ := strings.Cut(string(command), "\x00"); filepath.Base(path) == name {
				number, err := strconv.Atoi(pid)
				require.NoError(t, err)
				return number
			}
		}
	}
	t.Fatalf("process %d has no child %s", parent, name)
	return 0
}

// requireEmpty requires that nothing is left in the directory.
func requireEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestCommandHasTheClusterAndOurStreamsAndItsStatusIsOurs(t *testing.T) {
	cmd, tmp := tenancyLocal(t, "--", "sh", "-c", `read -r line; echo "$line"; kubectl get namespaces -o name; exit 7`)
	cmd.Stdin = strings.NewReader("from stdin\n")
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	err := cmd.Run()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 7, exit.ExitCode())
	assert.Equal(t, "from stdin\nnamespace/default\nnamespace/kube-node-lease\nnamespace/kube-public\nnamespace/kube-system\n",
		stdout.String(), "the output is the command's, and kubectl was found and pointed to the cluster")
	requireEmpty(t, tmp)
}

func TestSignalsReachTheCommand(t *testing.T) {
	cmd, tmp := tenancyLocal(t, "--", "sh", "-c", `trap "kill -USR1 \$\$" TERM; echo waiting; while :; do sleep 0.05; done`)
	output := started(t, cmd)
	require.Equal(t, "waiting", readLine(t, output))
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	err := cmd.Wait()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 128+int(syscall.SIGUSR1), exit.ExitCode(), "the command answered with a signal to itself")
	requireEmpty(t, tmp)
}

func TestNothingThatTheCommandStartedOutlivesKill(t *testing.T) {
	cmd, _ := tenancyLocal(t, "--", "sh", "-c", `sleep 1000 & echo $!; wait`)
	output := started(t, cmd)
	grandchild, err := strconv.Atoi(readLine(t, output))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(grandchild, 0), "it runs")
	require.NoError(t, cmd.Process.Kill())
	// The end of the output says that nobody holds it any more.
	ended := make(chan error, 1)
	go func() { _, err := io.Copy(io.Discard, output); ended <- err }()
	select {
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(30 * time.Second):
		t.Fatalf("process %d still runs", grandchild)
	}
}

func TestServeTellsHowToUseItAndStopsWhenInterrupted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	cmd, _ := tenancyLocal(t, "--dir", dir)
	// All of it, as a person would have it, so that what is printed includes the samples.
	cmd.Args = slices.DeleteFunc(cmd.Args, func(arg string) bool { return arg == "--kubernetes-only" })
	output := started(t, cmd)
	var lines []string
	for len(lines) == 0 || !strings.HasPrefix(lines[len(lines)-1], "kubectl ") {
		lines = append(lines, readLine(t, output))
	}
	howTo := lines[len(lines)-3:]
	// What a person would copy works as it stands.
	script := exec.Command("sh", "-ec", strings.Join(howTo, "\n"))
	script.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir()}
	said, err := script.CombinedOutput()
	require.NoError(t, err, "%s\n%s", strings.Join(howTo, "\n"), said)
	assert.Contains(t, string(said), "project.spectrocloud.com/project-a")

	second, _ := tenancyLocal(t, "--dir", dir, "--", "true")
	second.Stderr = nil
	said, err = second.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(said), "is not empty, and a command runs against a fresh cluster")

	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	rest, err := io.ReadAll(output)
	require.NoError(t, err)
	assert.Contains(t, string(rest), "stopping")
	require.NoError(t, cmd.Wait(), "being interrupted is how it ends well")
}

func TestDeathOfAProcessEndsTheWholeWithItsLog(t *testing.T) {
	cmd, tmp := tenancyLocal(t, "--", "sh", "-c", `echo waiting; exec sleep 1000`)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output := started(t, cmd)
	require.Equal(t, "waiting", readLine(t, output))
	pid := child(t, cmd.Process.Pid, "kube-controller-manager")
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit)
	assert.Equal(t, 1, exit.ExitCode())
	assert.Contains(t, stderr.String(), "kube-controller-manager (process "+strconv.Itoa(pid)+") ended unexpectedly: signal: killed")
	assert.Contains(t, stderr.String(), "last lines of")
	requireEmpty(t, tmp)
}

func TestArgumentsThatMakeNoSense(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"a command without dashes": {[]string{"kubectl", "get", "pods"}, `unexpected argument "kubectl": put -- before a command`},
		"an unknown flag":          {[]string{"--no-such-flag"}, "unknown flag: --no-such-flag"},
		"a port out of range":      {[]string{"--port", "70000", "--", "true"}, "port 70000 is out of range"},
		"an unknown command":       {[]string{"--", "no-such-command"}, `"no-such-command": executable file not found`},
	} {
		t.Run(name, func(t *testing.T) {
			cmd, tmp := tenancyLocal(t, test.args...)
			cmd.Stderr = nil
			said, err := cmd.CombinedOutput()
			require.Error(t, err)
			assert.Contains(t, string(said), test.want)
			requireEmpty(t, tmp)
		})
	}
}
