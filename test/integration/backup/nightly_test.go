// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// nightly is the script of the job in docs/backup.md, on another directory.
func nightly(t *testing.T, dir string) string {
	t.Helper()
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docs", "backup.md"))
	require.NoError(t, err)
	_, job, _ := strings.Cut(string(text), "```yaml\napiVersion: batch/v1\n")
	job, _, _ = strings.Cut(job, "```")
	var manifest struct {
		Spec struct {
			JobTemplate struct {
				Spec struct {
					Template struct {
						Spec struct{ Containers []struct{ Args []string } }
					}
				}
			}
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(job), &manifest))
	containers := manifest.Spec.JobTemplate.Spec.Template.Spec.Containers
	require.Len(t, containers, 1)
	require.Len(t, containers[0].Args, 1)
	require.Contains(t, containers[0].Args[0], "/backup")
	return strings.ReplaceAll(containers[0].Args[0], "/backup", dir)
}

func TestTheNightlyJobKeepsSnapshotsThatAreWhole(t *testing.T) {
	dir, programs := t.TempDir(), t.TempDir()
	old := filepath.Join(dir, "tenancy-2026-01-01")
	require.NoError(t, os.WriteFile(old, nil, 0o600))
	require.NoError(t, os.Chtimes(old, time.Now(), time.Now().AddDate(0, 0, -32)))
	snapshot := must(t, nil, "snapshot", "save", "-", "--etcd-data-dir", dataDir(cluster))
	stream := filepath.Join(programs, "stream")
	require.NoError(t, os.WriteFile(filepath.Join(programs, "kubectl"), []byte("#!/bin/sh\nexec cat "+stream+"\n"), 0o700))
	run := func(arrives []byte) error {
		require.NoError(t, os.WriteFile(stream, arrives, 0o600))
		command := exec.CommandContext(t.Context(), "sh", "-ec", nightly(t, dir))
		command.Env = append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"))
		return command.Run()
	}
	kept := func() []string {
		found, err := filepath.Glob(filepath.Join(dir, "tenancy-????-??-??"))
		require.NoError(t, err)
		return found
	}
	for name, cut := range map[string][]byte{"nothing": nil, "half": snapshot[:len(snapshot)/2], "all but a byte": snapshot[:len(snapshot)-1]} {
		assert.Error(t, run(cut), name)
		assert.Equal(t, []string{old}, kept(), name)
	}
	require.NoError(t, run(snapshot))
	files := kept()
	require.Len(t, files, 1, "of today, and none that is a month old")
	must(t, nil, "snapshot", "status", files[0])
}
