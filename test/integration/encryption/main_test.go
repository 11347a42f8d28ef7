// SPDX-License-Identifier: Apache-2.0

// Package encryption reads what etcd, its files and its snapshots hold where
// objects are encrypted at rest.
package encryption

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

var (
	cluster *framework.Cluster
	// config is the file that --encryption-provider-config names.
	config string
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tenancy-encryption-")
	if err == nil {
		config = filepath.Join(dir, "encryption.yaml")
		err = writeKeys("old")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// framework.Main ends the process.
	framework.Main(m, options(false), func(started *framework.Cluster) { cluster = started })
}

func options(external bool) localcluster.Options {
	return localcluster.Options{ExternalEtcd: external, ExtraArgs: map[string][]string{
		localcluster.TenancyAPIServer: {"--encryption-provider-config=" + config}}}
}

// writeKeys writes a configuration with a key of each name, the first of which encrypts.
func writeKeys(names ...string) error {
	var keys strings.Builder
	for _, name := range names {
		secret := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(name[:1]), 32))
		fmt.Fprintf(&keys, "      - {name: %s, secret: %s}\n", name, secret)
	}
	return os.WriteFile(config, fmt.Appendf(nil, `
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: ["*.spectrocloud.com"]
  providers:
  - aesgcm:
      keys:
%s  - identity: {}
`, keys.String()), 0o600)
}

// restart has the server use the keys.
func restart(t *testing.T, keys ...string) {
	t.Helper()
	require.NoError(t, writeKeys(keys...))
	require.NoError(t, cluster.Component(localcluster.TenancyAPIServer).Restart(t.Context()))
	cluster.MustKubectl(t, "", "wait", "--for=condition=Available", "--timeout=45s", "apiservice/v1alpha1.spectrocloud.com", "apiservice/v1beta1.spectrocloud.com")
}
