// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime"
)

func TestEtcdIsEmbeddedUnlessAnotherIsNamed(t *testing.T) {
	options := NewOptions()
	assert.True(t, options.embedded())
	require.NoError(t, options.Complete())
	require.NoError(t, options.Validate())

	options.Generic.Etcd.StorageConfig.Transport.ServerList = []string{"https://etcd:2379"}
	options.EtcdDataDir, options.Embedded.QuotaBytes = "", 0
	assert.False(t, options.embedded())
	assert.NoError(t, options.Validate())
}

func TestOptionsThatCannotWorkAreRefusedByName(t *testing.T) {
	for flag, spoil := range map[string]func(*Options){
		"--etcd-data-dir":              func(o *Options) { o.EtcdDataDir = "" },
		"--etcd-quota-backend-bytes":   func(o *Options) { o.Embedded.QuotaBytes = 1 << 20 },
		"--etcd-defragment-free-bytes": func(o *Options) { o.Embedded.DefragmentFreeBytes = -1 },
		"--system-namespace":           func(o *Options) { o.Namespaces.System = "" },
		"--storage-media-type":         func(o *Options) { o.Generic.Etcd.DefaultStorageMediaType = "text/plain" },
		"--max-requests-inflight":      func(o *Options) { o.Run.MaxRequestsInFlight = -1 },
		"--enable-admission-plugi":     func(o *Options) { o.Generic.Admission.EnablePlugins = []string{"NoSuchPlugin"} },
	} {
		t.Run(flag, func(t *testing.T) {
			options := NewOptions()
			require.NoError(t, options.Complete())
			spoil(options)
			assert.ErrorContains(t, options.Validate(), flag[2:])
		})
	}
}

func TestObjectsAreStoredAsProtobufUnderAPrefixOfTheirOwn(t *testing.T) {
	options := NewOptions()
	assert.Equal(t, runtime.ContentTypeProtobuf, options.Generic.Etcd.DefaultStorageMediaType)
	assert.Equal(t, "/tenancy", options.Generic.Etcd.StorageConfig.Prefix)
}

func TestEveryFlagIsDescribed(t *testing.T) {
	flags := NewOptions().Flags()
	for _, name := range flags.Order {
		assert.True(t, flags.FlagSets[name].HasFlags(), "section %s has no flags", name)
	}
	for _, name := range []string{"etcd-data-dir", "etcd-quota-backend-bytes", "etcd-defragment-free-bytes", "system-namespace", "server-namespace"} {
		flag := flags.FlagSets["tenancy"].Lookup(name)
		require.NotNil(t, flag, name)
		assert.NotEmpty(t, flag.Usage)
	}
}
