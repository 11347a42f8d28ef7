// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// parentDir makes the test binary a process that starts a cluster in that
// directory and waits to be killed.
const parentDir = "LOCALCLUSTER_TEST_PARENT_DIR"

// parentPods has that process run Pods as well, with the programs in that folder.
const parentPods = "LOCALCLUSTER_TEST_PARENT_PODS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentDir); dir != "" {
		options := plain(dir)
		if binDir := os.Getenv(parentPods); binDir != "" {
			options.Pods, options.BinDir = true, binDir
		}
		_, err := Start(context.Background(), options)
		fmt.Println("started:", err)
		select {}
	}
	os.Exit(m.Run())
}

// moduleBin returns the bin/ folder of the module that the test is run in.
func moduleBin() string {
	dir, err := os.Getwd()
	for err == nil {
		if _, statErr := os.Stat(filepath.Join(dir, "go.mod")); statErr == nil {
			return filepath.Join(dir, "bin")
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	return "bin"
}

// plain returns options for a cluster of Kubernetes alone in dir.
func plain(dir string) Options {
	return Options{Dir: dir, BinDir: moduleBin(), Ephemeral: true, WithoutTenancy: true}
}

// startCluster starts a cluster and stops it, if the test has not, at its end.
func startCluster(t *testing.T, options Options) *Cluster {
	t.Helper()
	var progress bytes.Buffer
	options.Stdout = &progress
	began := time.Now()
	cluster, err := Start(t.Context(), options)
	require.NoError(t, err)
	t.Logf("started in %.1fs\n%s", time.Since(began).Seconds(), progress.String())
	t.Cleanup(func() { require.NoError(t, cluster.Stop()) })
	return cluster
}

func clientset(t *testing.T, config *rest.Config) *kubernetes.Clientset {
	t.Helper()
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	return client
}

// process is an entry of /proc.
type process struct {
	pid, parent int
	command     string
}

// processes returns every process of the machine that has not ended. Zombies have:
// they only wait for their parent to look.
func processes(t *testing.T) []process {
	t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	var all []process
	for _, entry := range entries {
		stat, statErr := os.ReadFile(filepath.Join(entry, "stat"))
		command, commandErr := os.ReadFile(filepath.Join(entry, "cmdline"))
		if statErr != nil || commandErr != nil {
			continue // It has ended meanwhile.
		}
		// The name stands in parentheses and may hold anything, parentheses too.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if fields[0] == "Z" {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(entry))
		parent, _ := strconv.Atoi(fields[1])
		all = append(all, process{pid, parent, string(bytes.ReplaceAll(command, []byte{0}, []byte{' '}))})
	}
	return all
}

// children returns the processes that pid has started.
func children(t *testing.T, pid int) []process {
	t.Helper()
	return slices.DeleteFunc(processes(t), func(p process) bool { return p.parent != pid })
}

// alive returns those of the processes that still run.
func alive(t *testing.T, of []process) []process {
	t.Helper()
	now := processes(t)
	return slices.DeleteFunc(slices.Clone(of), func(p process) bool {
		return !slices.ContainsFunc(now, func(q process) bool { return p.pid == q.pid && p.command == q.command })
	})
}

// eventually waits for a condition that is expected within seconds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 30*time.Second, 20*time.Millisecond, what)
}
