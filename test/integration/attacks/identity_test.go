// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/keyutil"

	"spectrocloud.com/tenancy/test/integration/framework"
)

func TestNobodyImpersonatesWithoutTheRight(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	for name, config := range map[string]*rest.Config{"through kube-apiserver": mine.admin.Config, "direct": cluster.Direct(mine.admin.Config, 0)} {
		t.Run(name, func(t *testing.T) {
			nothingChanges(t, func() {
				for header, value := range map[string]string{"Impersonate-User": "root", "Impersonate-Group": "system:masters"} {
					headers := http.Header{"Impersonate-User": {"root"}}
					headers.Set(header, value)
					status, body := send(t, config, http.MethodGet, "/apis/spectrocloud.com/v1alpha1/tenants", "", headers)
					assert.Equal(t, 403, status, body)
					assert.Contains(t, body, "cannot impersonate")
				}
				name := framework.Name("impersonated")
				status, body := send(t, config, http.MethodPost, "/apis/spectrocloud.com/v1alpha1/namespaces/"+name+"/projects", manifest(name, theirs.tenant),
					http.Header{"Impersonate-User": {"x"}, "Impersonate-Group": {theirs.group}})
				assert.Equal(t, 403, status, body)
				assert.Contains(t, body, "cannot impersonate")
			})
		})
	}
}

// TestAnImpersonatedPersonHasTheirOwnRights is the other side: who may impersonate has the rights of the other and no
// longer their own.
func TestAnImpersonatedPersonHasTheirOwnRights(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	config := rest.CopyConfig(cluster.Config())
	name := framework.Name("on-behalf")
	path := "/apis/spectrocloud.com/v1alpha1/namespaces/" + name + "/projects"
	behalf := http.Header{"Impersonate-User": {"someone"}, "Impersonate-Group": {mine.group}}
	status, body := send(t, config, http.MethodPost, path, manifest(name, theirs.tenant), behalf)
	assert.Equal(t, 403, status, body)
	assert.Contains(t, body, `user \"someone\" may not create Projects under Tenant`)
	status, body = send(t, config, http.MethodPost, path, manifest(name, mine.tenant), behalf)
	assert.Equal(t, 201, status, body)
}

// direct points a configuration without a certificate of its own to our server.
func direct(config *rest.Config) *rest.Config { return cluster.Direct(config, 0) }

// send makes a request as the configuration's owner, with headers of the sender's choice.
func send(t *testing.T, config *rest.Config, method, path, body string, headers http.Header) (status int, answer string) {
	t.Helper()
	client, err := rest.HTTPClientFor(config)
	require.NoError(t, err)
	client.Timeout = 30 * time.Second
	request, err := http.NewRequestWithContext(t.Context(), method, config.Host+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header = headers.Clone()
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(content)
}

// selfSigned returns a client certificate that nobody vouches for, and its key.
func selfSigned(t *testing.T, name string) (certificate, private []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name, Organization: []string{"system:masters"}},
		NotBefore: metav1.Now().Add(-time.Minute), NotAfter: metav1.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err = keyutil.MarshalPrivateKeyToPEM(key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), private
}
