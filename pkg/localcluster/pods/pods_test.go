// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	discoverylisters "k8s.io/client-go/listers/discovery/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"
)

func TestVariablesAreExpandedAsKubernetesDoes(t *testing.T) {
	vars := map[string]string{"POD_IP": "127.244.0.1", "A.b-c_1": "x"}
	for text, want := range map[string]string{
		"--bind=$(POD_IP):1":   "--bind=127.244.0.1:1",
		"$(A.b-c_1)$(A.b-c_1)": "xx",
		"$(UNKNOWN) $POD_IP":   "$(UNKNOWN) $POD_IP",
		"$$(POD_IP) $$":        "$(POD_IP) $",
		"$(":                   "$(",
	} {
		assert.Equal(t, want, expand(text, vars), text)
	}
}

func TestPathsOfMountsAreReplacedWherePathsBegin(t *testing.T) {
	p := paths{"/var/lib/tenancy": "/d/data", "/var/lib/tenancy/tls": "/d/tls", "/etc": "/d/etc"}
	for text, want := range map[string]string{
		"--dir=/var/lib/tenancy/etcd":            "--dir=/d/data/etcd",
		"--dir=/var/lib/tenancy":                 "--dir=/d/data",
		"/var/lib/tenancy/tls/tls.crt":           "/d/tls/tls.crt",
		"--files=/etc/a,/etc/b:/etc":             "--files=/d/etc/a,/d/etc/b:/d/etc",
		"--etcd-prefix=/tenancy --x=/etcetera/a": "--etcd-prefix=/tenancy --x=/etcetera/a",
		"https://host/etc/a":                     "https://host/etc/a",
	} {
		assert.Equal(t, want, p.replace(text), text)
	}
}

func TestFilesOfAVolumeChangeTogetherAndOldOnesGo(t *testing.T) {
	v, dir := &volumes{}, t.TempDir()
	require.NoError(t, v.write("s", dir, files{"a": []byte("1"), "sub/b": []byte("1")}))
	first, err := os.Readlink(filepath.Join(dir, "..data"))
	require.NoError(t, err)
	require.NoError(t, v.write("s", dir, files{"a": []byte("1"), "sub/b": []byte("1")}))
	again, err := os.Readlink(filepath.Join(dir, "..data"))
	require.NoError(t, err)
	assert.Equal(t, first, again, "nothing is written where nothing has changed")

	require.NoError(t, v.write("s", dir, files{"a": []byte("2"), "c": []byte("2")}))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	second, err := os.Readlink(filepath.Join(dir, "..data"))
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{second, "..data", "a", "c"}, names)
	for _, name := range []string{"a", "c"} {
		target, err := os.Readlink(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Equal(t, filepath.Join("..data", name), target, "one rename changes all")
		data, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Equal(t, "2", string(data))
	}
}

func TestClustersHaveDifferentNetworksAndPodsDifferentAddresses(t *testing.T) {
	one, err := claimNetwork()
	require.NoError(t, err)
	defer one.claim.Close()
	two, err := claimNetwork()
	require.NoError(t, err)
	defer two.claim.Close()
	assert.NotEqual(t, one.third, two.third)

	seen := map[string]bool{}
	var last string
	for range podHosts {
		last, err = one.allocate()
		require.NoError(t, err)
		assert.False(t, seen[last], last)
		seen[last] = true
	}
	_, err = one.allocate()
	require.ErrorContains(t, err, "all 253 addresses of Pods are in use")
	two.free(last)
	_, err = one.allocate()
	require.Error(t, err, "another network's address is none of ours")
	one.free(last)
	free, err := one.allocate()
	require.NoError(t, err)
	assert.Equal(t, last, free)
	assert.NotEqual(t, reachable(last), last)
	assert.Equal(t, "10.96.0.1", reachable("10.96.0.1"))
}

func newIndexer() cache.Indexer {
	return cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
}

func TestServicesLeadToReadyEndpointsOrToThoseThatStillServe(t *testing.T) {
	services, slices := newIndexer(), newIndexer()
	n := &Node{services: corelisters.NewServiceLister(services), slices: discoverylisters.NewEndpointSliceLister(slices)}
	require.NoError(t, services.Add(&corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "s"},
		Spec:       corev1.ServiceSpec{ClusterIPs: []string{"10.96.0.7"}, Ports: []corev1.ServicePort{{Name: "https", Port: 443}}},
	}))
	endpoint := func(address string, ready, serving bool) discoveryv1.Endpoint {
		return discoveryv1.Endpoint{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{
			Ready: &ready, Serving: &serving, Terminating: ptr.To(!ready),
		}}
	}
	set := func(endpoints ...discoveryv1.Endpoint) {
		require.NoError(t, slices.Update(&discoveryv1.EndpointSlice{
			ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "s-1", Labels: map[string]string{discoveryv1.LabelServiceName: "s"}},
			Endpoints:  endpoints, Ports: []discoveryv1.EndpointPort{{Name: ptr.To("https"), Port: ptr.To[int32](8443)}},
		}))
	}
	set(endpoint("10.244.3.1", false, true), endpoint("10.244.3.2", true, true))
	for range 20 {
		address, err := n.backend("10.96.0.7:443")
		require.NoError(t, err)
		assert.Equal(t, "127.244.3.2:8443", address)
	}
	set(endpoint("10.244.3.1", false, true), endpoint("10.244.3.3", false, false))
	address, err := n.backend("10.96.0.7:443")
	require.NoError(t, err)
	assert.Equal(t, "127.244.3.1:8443", address)
	set()
	_, err = n.backend("10.96.0.7:443")
	require.ErrorContains(t, err, "Service a/s has no endpoint that is ready")
	_, err = n.backend("10.96.0.7:80")
	require.ErrorContains(t, err, "Service a/s has no port 80")
	address, err = n.backend("localhost:8443")
	require.NoError(t, err)
	assert.Equal(t, "localhost:8443", address, "what is no Service's is left alone")
}
