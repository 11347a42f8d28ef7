// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestARestoreBringsBackWhatWasSavedAndDeletesNoNamespace: the API server alone goes back in time. Everything else, the host
// cluster, the controllers and an informer of somebody else's, goes on.
func TestARestoreBringsBackWhatWasSavedAndDeletesNoNamespace(t *testing.T) {
	kept, removed, later := framework.Name("kept"), framework.Name("removed"), framework.Name("later")
	tenant := tenantOf(t, cluster, kept, removed)
	workload(t, cluster, kept, "holds", 3)
	workload(t, cluster, kept, "waits", 2)
	allReady(t, cluster)
	saved, savedNamespaces := read(t, cluster), namespaces(t, cluster)
	snapshot := must(t, nil, "snapshot", "save", "-", "--etcd-data-dir", dataDir(cluster))

	projects := informer(t)
	ctx := t.Context()
	require.NoError(t, cluster.Admin.Dynamic.Resource(resource("aiworkloads")).Namespace(kept).Delete(ctx, "holds", metav1.DeleteOptions{}))
	workload(t, cluster, kept, "after", 1)
	require.NoError(t, cluster.Admin.Projects(removed).Delete(ctx, removed, metav1.DeleteOptions{}))
	requireGone(t, removed) // A namespace that is still going away would take what is restored in it along.
	projectOf(t, cluster, tenant, later)
	before := namespaces(t, cluster)
	require.Contains(t, before, later)
	require.NotEqual(t, saved, read(t, cluster))

	stop(t, cluster)
	wipe(t, cluster)
	must(t, snapshot, "snapshot", "restore", "-", "--etcd-data-dir", dataDir(cluster))
	assert.Contains(t, string(must(t, nil, "check-ledger", "--etcd-data-dir", dataDir(cluster))), "; 0 differences, 0 problems")
	start(t, cluster)

	assert.Equal(t, saved, read(t, cluster))
	requireSame(t, projects)
	allReady(t, cluster)
	assert.Equal(t, saved, read(t, cluster), "the controllers changed what was restored")
	requireOrphaned(t, later)
	after := namespaces(t, cluster)
	for name, uid := range before {
		assert.Equal(t, uid, after[name], "namespace %s was deleted or made anew", name)
	}
	for name := range savedNamespaces {
		assert.Contains(t, after, name)
	}

	// It all works as before: what waits gets the GPUs that are freed, and Projects are deleted with their namespaces.
	require.NoError(t, cluster.Admin.Dynamic.Resource(resource("aiworkloads")).Namespace(kept).Delete(ctx, "holds", metav1.DeleteOptions{}))
	framework.Eventually(t, "the workload that waits to be admitted", func(ctx context.Context) error {
		waits, err := cluster.Admin.Dynamic.Resource(resource("aiworkloads")).Namespace(kept).Get(ctx, "waits", metav1.GetOptions{})
		if err == nil && len(held(*waits)) == 0 {
			return fmt.Errorf("it holds nothing: %v", waits.Object["status"])
		}
		return err
	})
	require.NoError(t, cluster.Admin.Projects(removed).Delete(ctx, removed, metav1.DeleteOptions{}))
	requireGone(t, removed)
	requireSame(t, projects)
}

// requireGone waits until the namespace is.
func requireGone(t *testing.T, namespace string) {
	t.Helper()
	framework.Eventually(t, "namespace "+namespace+" to be gone", func(ctx context.Context) error {
		if _, err := cluster.Admin.Host.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("it is there: %w", err)
		}
		return nil
	})
}

// informer is client-go's of all Projects, through kube-apiserver. It has seen all there are.
func informer(t *testing.T) cache.SharedIndexInformer {
	t.Helper()
	informer := dynamicinformer.NewDynamicSharedInformerFactory(cluster.Admin.Dynamic, 0).ForResource(resource("projects")).Informer()
	go informer.RunWithContext(t.Context())
	require.True(t, cache.WaitForCacheSync(t.Context().Done(), informer.HasSynced))
	return informer
}

// requireSame waits until the informer holds what the API says, and nothing else.
func requireSame(t *testing.T, informer cache.SharedIndexInformer) {
	t.Helper()
	framework.Eventually(t, "an informer to follow", func(ctx context.Context) error {
		list, err := cluster.Admin.Projects("").List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		if keys := informer.GetStore().ListKeys(); len(keys) != len(list.Items) {
			return fmt.Errorf("it holds %v, and there are %d", keys, len(list.Items))
		}
		for _, project := range list.Items {
			found, exists, err := informer.GetStore().GetByKey(project.Namespace + "/" + project.Name)
			if err != nil || !exists {
				return fmt.Errorf("it does not hold %s: %w", project.Name, err)
			}
			held, err := meta.Accessor(found)
			if err != nil {
				return err
			}
			if held.GetUID() != project.UID || held.GetResourceVersion() != project.ResourceVersion {
				return fmt.Errorf("it holds %s at revision %s, which is at %s", project.Name, held.GetResourceVersion(), project.ResourceVersion)
			}
		}
		return nil
	})
}

// requireOrphaned waits until it is reported that the namespace has lost its owner.
func requireOrphaned(t *testing.T, namespace string) {
	t.Helper()
	framework.Eventually(t, "namespace "+namespace+" to be reported as orphaned", func(ctx context.Context) error {
		events, err := cluster.Admin.Host.EventsV1().Events("").List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, event := range events.Items {
			if event.Regarding.Name == namespace && event.Reason == "NamespaceOrphaned" {
				return nil
			}
		}
		return fmt.Errorf("none of %d events says so", len(events.Items))
	})
}

func TestSnapshotsAreWrittenWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "snapshot")
	must(t, nil, "snapshot", "save", file, "--etcd-data-dir", dataDir(cluster))
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode(), "others can read what may be secret")
	assert.Regexp(t, `^whole: revision \d+, \d+ keys, \d+ bytes\n$`, string(must(t, nil, "snapshot", "status", file)))
	was, err := os.ReadFile(file)
	require.NoError(t, err)

	_, stderr, err := tool(t, nil, "snapshot", "save", file, "--etcd-data-dir", dataDir(cluster))
	assert.Error(t, err)
	assert.Contains(t, string(stderr), file+" is there already")
	is, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, was, is)

	for name, args := range map[string][]string{
		"no etcd":                 {"snapshot", "save", filepath.Join(dir, "none"), "--etcd-data-dir", dir},
		"no directory":            {"snapshot", "save", filepath.Join(dir, "no", "directory"), "--etcd-data-dir", dataDir(cluster)},
		"to standard output":      {"snapshot", "save", "-", "--etcd-data-dir", dir},
		"nobody answers":          {"snapshot", "save", filepath.Join(dir, "none"), "--etcd-servers", "unix:///nobody"},
		"restored over a running": {"snapshot", "restore", file, "--etcd-data-dir", dataDir(cluster)},
	} {
		stdout, stderr, err := tool(t, nil, args...)
		assert.Error(t, err, name)
		assert.Empty(t, stdout, name)
		assert.NotEmpty(t, stderr, name)
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 1, "a command that failed left something")

	// A server that has ended left everything in its data directory.
	stop(t, cluster)
	saved := must(t, nil, "snapshot", "save", "-", "--etcd-data-dir", dataDir(cluster))
	start(t, cluster)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "later"), saved, 0o600))
	must(t, nil, "snapshot", "status", filepath.Join(dir, "later"))
}
