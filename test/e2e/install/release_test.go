// SPDX-License-Identifier: Apache-2.0

package install

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// previous returns the path of a package of the chart with an older version.
func previous(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	helm(t, "package", chart(), "--version=0.0.9", "--app-version=0.0.9", "--destination", dir)
	return filepath.Join(dir, "tenancy-0.0.9.tgz")
}

// pods returns the UIDs of the release's Pods.
func pods(t *testing.T, namespace string) string {
	t.Helper()
	return cluster.MustKubectl(t, "", "get", "pods", "--namespace", namespace, "-l", "app.kubernetes.io/name=tenancy", "-o", uids)
}

// The life of a release of mode single, from an older version to its end and beyond.
func TestAReleaseIsUpgradedRemovedAndFoundAgain(t *testing.T) {
	const namespace = "palette-system"
	install(t, namespace, previous(t), "--set=apiserver.resources.requests.cpu=100m")
	objects, bundles, old := populate(t), caBundles(t), pods(t, namespace)

	step := func(promise string, kept func(*testing.T)) {
		if !t.Run(promise, kept) {
			t.FailNow() // Each step needs those before.
		}
	}
	step("an upgrade keeps every object and the certificate's authority, and takes seconds", func(t *testing.T) {
		stop := keepAsking(t)
		helm(t, "upgrade", "tenancy", chart(), "--namespace", namespace, "--wait", "--timeout=2m", "--reset-values")
		seen := stop()
		t.Logf("asked %d times, %d without an answer, the longest gap was %s", seen.asked, len(seen.failures), seen.gap)
		assert.Less(t, seen.gap, 15*time.Second)
		assert.Equal(t, objects, stored(t))
		assert.Equal(t, bundles, caBundles(t))
		assert.NotEqual(t, old, pods(t, namespace))
	})
	step("an upgrade that can't run is put right by the next one", func(t *testing.T) {
		runs := func(what, output, want string) {
			framework.Eventually(t, what, func(context.Context) error {
				said := cluster.MustKubectl(t, "", "get", "pods", "tenancy-apiserver-0", "--namespace", namespace, "--ignore-not-found", "-o", "jsonpath="+output)
				if said != want {
					return errors.New(said)
				}
				return nil
			})
		}
		helm(t, "upgrade", "tenancy", chart(), "--namespace", namespace, "--set=apiserver.extraArgs={--no-such-flag=1}")
		runs("the API server to fail", "{.status.containerStatuses[0].state.waiting.reason}", "CrashLoopBackOff")
		helm(t, "upgrade", "tenancy", chart(), "--namespace", namespace, "--reset-values")
		runs("it to be ready", "{.status.containerStatuses[0].ready}", "true")
		cluster.MustKubectl(t, "", "wait", "--for=condition=Available", "apiservice/v1alpha1.spectrocloud.com", "--timeout=30s")
		assert.Equal(t, objects, stored(t))
	})
	step("its namespace can't be deleted while it is there", func(t *testing.T) {
		_, said, err := cluster.Kubectl(t, "", nil, "delete", "namespace", namespace, "--timeout=10s")
		require.Error(t, err)
		assert.Contains(t, said, "helm uninstall tenancy")
	})
	step("uninstalled, it leaves no APIService and every namespace can go", func(t *testing.T) {
		helm(t, "uninstall", "tenancy", "--namespace", namespace, "--wait", "--timeout=1m")
		assert.NotContains(t, cluster.MustKubectl(t, "", "get", "apiservices", "-o", "name"), "spectrocloud.com")
		cluster.MustKubectl(t, "", "create", "namespace", "unrelated")
		began := time.Now()
		cluster.MustKubectl(t, "", "delete", "namespace", "unrelated", "vision", "--timeout=30s")
		t.Logf("two namespaces were gone after %s", time.Since(began))
	})
	step("installed again, it finds what there was", func(t *testing.T) {
		helm(t, "install", "tenancy", chart(), "--namespace", namespace, "--wait", "--timeout=2m")
		assert.Equal(t, objects, stored(t))
		framework.Eventually(t, "the Project's namespace to be back", func(context.Context) error {
			_, said, err := cluster.Kubectl(t, "", nil, "get", "namespace", "vision")
			if err != nil {
				return errors.New(said)
			}
			return nil
		})
	})
	step("uninstalled, its namespace goes, and its data with it", func(t *testing.T) {
		claims := filepath.Join(cluster.Dir(), "claims")
		entries, err := os.ReadDir(claims)
		require.NoError(t, err)
		require.Len(t, entries, 1)
		helm(t, "uninstall", "tenancy", "--namespace", namespace, "--wait", "--timeout=1m")
		deleteNamespace(t, namespace)
		framework.Eventually(t, "the data to go", func(context.Context) error {
			_, err := os.Stat(filepath.Join(claims, entries[0].Name()))
			if err == nil {
				return errors.New("it is there")
			}
			return nil
		})
		assert.Contains(t, cluster.MustKubectl(t, "", "get", "namespace", "vision", "acme", "-o", "name"), "vision", "Projects' namespaces stay")
	})
}

// haValues has the chart use the cluster's etcd.
func haValues(t *testing.T, namespace string) []string {
	t.Helper()
	pki := filepath.Join(cluster.Dir(), "pki")
	endpoint, _ := cluster.TenancyEtcdClient()
	cluster.MustKubectl(t, "", "create", "namespace", namespace)
	cluster.MustKubectl(t, "", "create", "secret", "generic", "etcd-client", "--namespace", namespace,
		"--from-file=ca.crt="+filepath.Join(pki, "tenancy-etcd-ca.crt"),
		"--from-file=tls.crt="+filepath.Join(pki, "tenancy-etcd-client.crt"), "--from-file=tls.key="+filepath.Join(pki, "tenancy-etcd-client.key"))
	// Replicas don't linger as long as by default, which test/integration/chaos tries.
	return []string{"--set=mode=ha", "--set=etcd.endpoints={" + endpoint + "}", "--set=etcd.tlsSecret=etcd-client", "--set=apiserver.shutdownDelaySeconds=10"}
}

func TestAnUpgradeOfSeveralReplicasIsNoticedByNobody(t *testing.T) {
	const namespace = "tenancy-ha"
	values := haValues(t, namespace)
	install(t, namespace, previous(t), append(values, "--set=apiserver.resources.requests.cpu=100m")...)
	objects, bundles, old := populate(t), caBundles(t), pods(t, namespace)
	stop := keepAsking(t)
	helm(t, append([]string{"upgrade", "tenancy", chart(), "--namespace", namespace, "--wait", "--timeout=2m", "--reset-values"}, values...)...)
	framework.EventuallyWithin(t, time.Minute, "the old replicas to be gone, which serve for a while yet", func(context.Context) error {
		for line := range strings.Lines(pods(t, namespace)) {
			if strings.Contains(old, line) {
				return errors.New(line)
			}
		}
		return nil
	})
	seen := stop()
	t.Logf("asked %d times, %d without an answer, the longest wait was %s", seen.asked, len(seen.failures), seen.gap)
	assert.Empty(t, seen.failures)
	assert.Equal(t, objects, stored(t))
	assert.Equal(t, bundles, caBundles(t))
	assert.NotEqual(t, old, pods(t, namespace))
}
