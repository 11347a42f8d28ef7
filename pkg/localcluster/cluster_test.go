// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
)

var namespaceX = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "x"}}

// The parts share one cluster, in this order, because each start takes seconds.
func TestClusterIsWholeAndLeavesNothing(t *testing.T) {
	cluster := startCluster(t, plain(filepath.Join(t.TempDir(), "made", "on", "demand")))
	admin := clientset(t, cluster.Config())

	t.Run("its controllers fill and empty namespaces", func(t *testing.T) {
		namespaces := admin.CoreV1().Namespaces()
		_, err := namespaces.Create(t.Context(), namespaceX, metav1.CreateOptions{})
		require.NoError(t, err)
		eventually(t, "service account and root CA of the namespace", func() bool {
			_, err1 := admin.CoreV1().ServiceAccounts("x").Get(t.Context(), "default", metav1.GetOptions{})
			_, err2 := admin.CoreV1().ConfigMaps("x").Get(t.Context(), "kube-root-ca.crt", metav1.GetOptions{})
			return err1 == nil && err2 == nil
		})
		require.NoError(t, namespaces.Delete(t.Context(), "x", metav1.DeleteOptions{}))
		eventually(t, "the namespace to be gone", func() bool {
			_, err := namespaces.Get(t.Context(), "x", metav1.GetOptions{})
			return apierrors.IsNotFound(err)
		})
	})

	t.Run("the kubeconfig is the administrator's", func(t *testing.T) {
		config, err := clientcmd.BuildConfigFromFlags("", cluster.Kubeconfig())
		require.NoError(t, err)
		review, err := clientset(t, config).AuthenticationV1().SelfSubjectReviews().
			Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		require.NoError(t, err)
		assert.Contains(t, review.Status.UserInfo.Groups, "system:masters")
	})

	t.Run("people are who ConfigFor says, without any right", func(t *testing.T) {
		config, err := cluster.ConfigFor("ann@example.com", "team-a", "team-b")
		require.NoError(t, err)
		ann := clientset(t, config)
		review, err := ann.AuthenticationV1().SelfSubjectReviews().
			Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		require.NoError(t, err)
		assert.Equal(t, "ann@example.com", review.Status.UserInfo.Username)
		assert.ElementsMatch(t, []string{"team-a", "team-b", "system:authenticated"}, review.Status.UserInfo.Groups)
		_, err = ann.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
		assert.True(t, apierrors.IsForbidden(err), "got %v", err)
	})

	t.Run("every listener is on loopback", func(t *testing.T) {
		requireLoopback(t, cluster, Etcd, KubeAPIServer, KubeControllerManager)
	})

	t.Run("etcd answers nobody without a certificate", func(t *testing.T) {
		url := cluster.ports.etcd.url() + "/version"
		assert.NoError(t, get(url, cluster.certs.etcd.pool(), cluster.certs.etcdClient)(t.Context()))
		assert.Error(t, get(url, cluster.certs.etcd.pool(), nil)(t.Context()))
		assert.Error(t, get(url, cluster.certs.etcd.pool(), cluster.certs.tenancyEtcdClient)(t.Context()),
			"the certificate of the other etcd opened this one")
	})

	t.Run("what it wrote is for its owner alone", func(t *testing.T) {
		require.NoError(t, filepath.WalkDir(cluster.Dir(), func(path string, entry os.DirEntry, err error) error {
			require.NoError(t, err)
			info, err := entry.Info()
			if os.IsNotExist(err) {
				return nil // etcd recycles its files.
			}
			require.NoError(t, err)
			want := os.FileMode(0o600)
			if entry.IsDir() {
				want = 0o700
			}
			assert.Equal(t, want, info.Mode().Perm(), path)
			return nil
		}))
	})

	t.Run("a second cluster in its directory is refused", func(t *testing.T) {
		_, err := Start(t.Context(), plain(cluster.Dir()))
		assert.ErrorContains(t, err, cluster.Dir()+" is in use by another local cluster")
	})

	t.Run("a process that is killed here and restarted is not a failure", func(t *testing.T) {
		apiserver := cluster.Component(KubeAPIServer)
		before := apiserver.PID()
		require.NoError(t, apiserver.Kill())
		assert.Zero(t, apiserver.PID())
		_, err := admin.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
		require.Error(t, err)
		require.NoError(t, apiserver.Restart(t.Context()))
		assert.NotEqual(t, before, apiserver.PID())
		_, err = admin.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err, "clients find it where it was")
		assert.Empty(t, cluster.Failed())
	})

	t.Run("after Stop nothing runs", func(t *testing.T) {
		started := children(t, os.Getpid())
		require.Len(t, started, 4, "three programs and the watchdog: %v", started)
		require.NoError(t, cluster.Stop())
		assert.Empty(t, children(t, os.Getpid()))
	})
}

func TestSecondStartFindsData(t *testing.T) {
	options := plain(t.TempDir())
	options.Ephemeral = false
	cluster := startCluster(t, options)
	_, err := clientset(t, cluster.Config()).CoreV1().Namespaces().Create(t.Context(), namespaceX, metav1.CreateOptions{})
	require.NoError(t, err)
	logIn(t, cluster, alice)
	require.NoError(t, cluster.Stop())
	logIn(t, cluster, Identity{User: "bob", Lifetime: time.Hour})
	before := readDir(t, filepath.Join(options.Dir, "pki"), "*.crt", "*.key")

	cluster = startCluster(t, options)
	_, err = clientset(t, cluster.Config()).CoreV1().Namespaces().Get(t.Context(), "x", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, before, readDir(t, filepath.Join(options.Dir, "pki"), "*.crt", "*.key"), "certificates are kept")
	assert.FileExists(t, filepath.Join(options.Dir, "logs", KubeAPIServer+".log.1"), "the log of the first life")
	assert.Equal(t, "alice", whoAmI(t, contextOf(t, cluster, "alice")).Username, "who has logged in before")
	assert.Equal(t, "bob", whoAmI(t, contextOf(t, cluster, "bob")).Username, "who has logged in meanwhile")
}

func TestTwoClustersCoexist(t *testing.T) {
	var clusters [2]*Cluster
	t.Run("both", func(t *testing.T) {
		for i := range clusters {
			dir := t.TempDir()
			t.Run("start", func(t *testing.T) {
				t.Parallel()
				var err error
				clusters[i], err = Start(t.Context(), plain(dir))
				require.NoError(t, err)
			})
		}
	})
	for _, cluster := range clusters {
		require.NotNil(t, cluster)
		t.Cleanup(func() { assert.NoError(t, cluster.Stop()) })
	}
	_, err := clientset(t, clusters[0].Config()).CoreV1().Namespaces().Create(t.Context(), namespaceX, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = clientset(t, clusters[1].Config()).CoreV1().Namespaces().Get(t.Context(), "x", metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err), "got %v", err)

	require.NoError(t, clusters[0].Stop())
	_, err = clientset(t, clusters[1].Config()).CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
	assert.NoError(t, err, "the one does not need the other")
}

func TestDeathOfAProcessIsReportedWithItsLog(t *testing.T) {
	cluster := startCluster(t, plain(t.TempDir()))
	component := cluster.Component(KubeControllerManager)
	require.NoError(t, syscall.Kill(component.PID(), syscall.SIGKILL))
	failure := <-cluster.Failed()
	assert.ErrorContains(t, failure, "kube-controller-manager (process ")
	assert.ErrorContains(t, failure, "ended unexpectedly: signal: killed")
	assert.ErrorContains(t, failure, component.LogTail(tailLines))
}

func TestFailedStartSaysWhyAndLeavesNothing(t *testing.T) {
	t.Run("a process that ends", func(t *testing.T) {
		options := plain(t.TempDir())
		options.ExtraArgs = map[string][]string{KubeAPIServer: {"--no-such-flag"}}
		_, err := Start(t.Context(), options)
		assert.ErrorContains(t, err, "kube-apiserver")
		assert.ErrorContains(t, err, "unknown flag: --no-such-flag", "the log of kube-apiserver")
	})
	t.Run("a program that is not there", func(t *testing.T) {
		t.Setenv("KUBEBUILDER_ASSETS", "")
		options := plain(t.TempDir())
		options.BinDir = t.TempDir()
		_, err := Start(t.Context(), options)
		assert.ErrorContains(t, err, "has no program etcd: run make local-binaries")
	})
	t.Run("a port that is taken", func(t *testing.T) {
		taken, err := holdPort(0)
		require.NoError(t, err)
		defer taken.release()
		options := plain(t.TempDir())
		options.Port = taken.number
		_, err = Start(t.Context(), options)
		assert.ErrorContains(t, err, "port "+taken.String()+" of 127.0.0.1 is not to be had")
	})
	t.Run("options that contradict each other", func(t *testing.T) {
		_, err := Start(t.Context(), Options{Dir: t.TempDir(), BinDir: moduleBin(), Replicas: 2})
		assert.ErrorContains(t, err, "2 replicas of tenancy-apiserver: want one, or several on an external etcd")
		_, err = Start(t.Context(), Options{Dir: t.TempDir(), BinDir: moduleBin(), EtcdMembers: 3})
		assert.ErrorContains(t, err, "3 members of etcd: want one, or several of an external etcd")
	})
	assert.Empty(t, children(t, os.Getpid()))
}

// readDir returns the contents of the files in dir with such names.
func readDir(t *testing.T, dir string, patterns ...string) map[string]string {
	t.Helper()
	contents := map[string]string{}
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, paths, pattern)
		for _, path := range paths {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			contents[path] = string(data)
		}
	}
	return contents
}
