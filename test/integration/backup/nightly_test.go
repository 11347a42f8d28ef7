// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"spectrocloud.com/tenancy/test/integration/framework"
)

func document(t *testing.T) string {
	t.Helper()
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docs", "backup.md"))
	require.NoError(t, err)
	return string(text)
}

// nightly is the script of the job in docs/backup.md, on another directory.
func nightly(t *testing.T, dir string) string {
	t.Helper()
	_, job, _ := strings.Cut(document(t), "```yaml\napiVersion: batch/v1\n")
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

// TestWhatTheDocumentHasIsTakenWhereOnlyRestrictedPodsAre applies every manifest of docs/backup.md that is for the host cluster, dry, to a namespace
// as docs/install.md has it.
func TestWhatTheDocumentHasIsTakenWhereOnlyRestrictedPodsAre(t *testing.T) {
	namespace := framework.Name("strict")
	_, err := cluster.Admin.Host.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace, Labels: map[string]string{
		"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted",
	}}}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = cluster.Admin.Host.CoreV1().ServiceAccounts(namespace).Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}, metav1.CreateOptions{})
	require.True(t, err == nil || apierrors.IsAlreadyExists(err), err)
	tried := 0
	for _, manifest := range manifests.FindAllStringSubmatch(document(t), -1) {
		if strings.Contains(manifest[2], "kind: EncryptionConfiguration") {
			continue
		}
		text := strings.ReplaceAll(strings.ReplaceAll("\n"+manifest[2], "\n"+manifest[1], "\n"), "namespace: palette-system", "namespace: "+namespace)
		cluster.MustKubectl(t, placeholders.ReplaceAllString(text, "example"), "apply", "--dry-run=server", "--warnings-as-errors", "-f", "-")
		tried++
	}
	assert.Equal(t, 3, tried, "the job, what it runs as, and the Pod that restores")
}

var (
	manifests    = regexp.MustCompile("(?m)^( *)```yaml\n((?s:.*?))\n *```")
	placeholders = regexp.MustCompile("<[^>]*>")
)

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
