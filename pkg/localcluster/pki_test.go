// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCertificatesAreKeptUntilTheyNoLongerServe(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(t *testing.T, ca *authority, leaf *keyPair)
		renewed bool
	}{
		"nothing happened": {
			change: func(*testing.T, *authority, *keyPair) {},
		},
		"it expires in more than 30 days": {
			change: func(t *testing.T, ca *authority, _ *keyPair) { reissue(t, ca, renewBefore+time.Hour) },
		},
		"it expires within 30 days": {
			change:  func(t *testing.T, ca *authority, _ *keyPair) { reissue(t, ca, renewBefore-time.Hour) },
			renewed: true,
		},
		"it has expired": {
			change:  func(t *testing.T, ca *authority, _ *keyPair) { reissue(t, ca, -time.Minute) },
			renewed: true,
		},
		"its key is gone": {
			change:  func(t *testing.T, _ *authority, leaf *keyPair) { require.NoError(t, os.Remove(leaf.keyFile)) },
			renewed: true,
		},
		"its authority is a new one": {
			change: func(t *testing.T, ca *authority, _ *keyPair) {
				require.NoError(t, os.Remove(ca.certFile))
				_, err := loadAuthority(ca.dir, "ca")
				require.NoError(t, err)
			},
			renewed: true,
		},
		"it is for another name": {
			change: func(t *testing.T, ca *authority, _ *keyPair) {
				other, err := ca.sign(serving("elsewhere"), leafLifetime)
				require.NoError(t, err)
				require.NoError(t, other.write(ca.dir, "server"))
			},
			renewed: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			ca, err := loadAuthority(dir, "ca")
			require.NoError(t, err)
			leaf, err := ca.leaf("server", serving("here"))
			require.NoError(t, err)
			test.change(t, ca, leaf)
			found, foundErr := os.ReadFile(leaf.certFile)
			require.NoError(t, foundErr)

			ca, err = loadAuthority(dir, "ca")
			require.NoError(t, err)
			leaf, err = ca.leaf("server", serving("here"))
			require.NoError(t, err)
			assert.Equal(t, test.renewed, string(found) != string(leaf.certPEM))
			_, err = leaf.cert.Verify(x509.VerifyOptions{
				Roots: ca.pool(), DNSName: "here", CurrentTime: time.Now().Add(renewBefore),
			})
			assert.NoError(t, err)
		})
	}
}

// reissue puts a certificate in the place of the server's that differs in its lifetime alone.
func reissue(t *testing.T, ca *authority, lifetime time.Duration) {
	t.Helper()
	pair, err := ca.sign(serving("here"), lifetime)
	require.NoError(t, err)
	require.NoError(t, pair.write(ca.dir, "server"))
}

func TestUnreadableKeyIsAnErrorAndStays(t *testing.T) {
	dir := t.TempDir()
	ca, err := loadAuthority(dir, "ca")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(ca.keyFile, []byte("not a key"), 0o600))
	_, err = loadAuthority(dir, "ca")
	require.ErrorContains(t, err, filepath.Join(dir, "ca.key"))
	assert.ErrorContains(t, err, "remove the file to have a new one made")
	kept, err := os.ReadFile(ca.keyFile)
	require.NoError(t, err)
	assert.Equal(t, "not a key", string(kept))
}
