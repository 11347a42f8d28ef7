// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/test/integration/framework"
)

const allTenants = "/apis/spectrocloud.com/v1alpha1/tenants"

// spoofs are headers that say who is asking, in the ways that a parser might read differently than the next.
var spoofs = map[string][]string{
	"as kube-apiserver writes them": {"X-Remote-User: root", "X-Remote-Group: system:masters"},
	"in lower case":                 {"x-remote-user: root", "x-remote-group: system:masters"},
	"in odd case":                   {"x-rEmOtE-uSeR: root", "X-REMOTE-GROUP: system:masters"},
	"twice":                         {"X-Remote-User: nobody", "X-Remote-User: root", "X-Remote-Group: nobody", "X-Remote-Group: system:masters"},
	"with underscores":              {"X_Remote_User: root", "X_Remote_Group: system:masters"},
	"with a UID and more":           {"X-Remote-User: root", "X-Remote-Group: system:masters", "X-Remote-Uid: 1", "X-Remote-Extra-Groups: system:masters", "X-Remote-Extra-Scopes: *"},
	"of a program":                  {"X-Remote-User: system:serviceaccount:palette-system:tenancy-controller-manager"},
	"of kube-apiserver's own":       {"X-Remote-User: system:apiserver", "X-Remote-Group: system:masters"},
	"of the proxy":                  {"X-Forwarded-User: root", "X-Forwarded-Group: system:masters", "X-Auth-Request-User: root", "Forwarded: for=127.0.0.1"},
	"hop by hop":                    {"Connection: keep-alive, X-Remote-User, Authorization", "X-Remote-User: root", "X-Remote-Group: system:masters"},
	"as WebSocket protocol":         {"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==", "Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.cm9vdA", "X-Remote-User: root", "X-Remote-Group: system:masters"},
	"as a token":                    {"Authorization: Bearer root", "X-Remote-User: root", "X-Remote-Group: system:masters"},
	"as a token of no signature":    {"Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290IiwiZ3JvdXBzIjpbInN5c3RlbTptYXN0ZXJzIl19."},
	"as a password":                 {"Authorization: Basic cm9vdDpyb290"},
}

// TestSpoofedHeadersAreNotBelieved sends them to our server with each kind of certificate that an attacker may have, and
// through kube-apiserver. What is believed is the front proxy's certificate alone, which shows that the spoof is one.
func TestSpoofedHeadersAreNotBelieved(t *testing.T) {
	p := newParty(t)
	nobody := cluster.Person(t, framework.Name("nobody")).Config
	anonymous := rest.AnonymousClientConfig(nobody)
	with := func(name string) *rest.Config {
		config := rest.CopyConfig(anonymous)
		config.CertFile, config.KeyFile = filepath.Join(cluster.Dir(), "pki", name+".crt"), filepath.Join(cluster.Dir(), "pki", name+".key")
		return direct(config)
	}
	forger := rest.CopyConfig(anonymous)
	forger.CertData, forger.KeyData = selfSigned(t, "front-proxy-client")
	senders := map[string]*rest.Config{
		"direct, without a certificate":          direct(anonymous),
		"direct, with a home-made certificate":   direct(forger),
		"direct, with the cluster's":             cluster.Direct(nobody, 0),
		"direct, named like the proxy":           cluster.Direct(cluster.Person(t, "front-proxy-client").Config, 0),
		"direct, with our serving certificate":   with("tenancy-apiserver"),
		"direct, with kube-apiserver's":          with("kube-apiserver"),
		"through kube-apiserver":                 nobody,
		"through kube-apiserver, without a name": anonymous,
	}
	name := framework.Name("spoofed")
	nothingChanges(t, func() {
		for who, config := range senders {
			for how, headers := range spoofs {
				for _, path := range []string{allTenants, "/apis/spectrocloud.com/v1alpha1/projects", allTenants + "/" + p.tenant} {
					assert.NotContains(t, raw(t, config, http.MethodGet, path, "", headers), p.group, "%s, %s", who, how)
				}
				path := "/apis/spectrocloud.com/v1alpha1/namespaces/" + name + "/projects"
				assert.NotContains(t, raw(t, config, http.MethodPost, path, manifest(name, p.tenant), headers), `"uid"`, "%s, %s", who, how)
			}
		}
	})
	assert.Contains(t, raw(t, with("front-proxy-client"), http.MethodGet, allTenants, "", spoofs["as kube-apiserver writes them"]), p.group)
}

// raw sends a request byte by byte, as HTTP/1.1, since Go's client puts headers right; and returns the answer after its
// status line, "" for none.
func raw(t *testing.T, config *rest.Config, method, path, body string, headers []string) string {
	t.Helper()
	connection := dial(t, config)
	if connection == nil {
		return ""
	}
	defer connection.Close()
	host, err := url.Parse(config.Host)
	require.NoError(t, err)
	text := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n\r\n%s",
		method, path, host.Host, len(body), strings.Join(headers, "\r\n"), body)
	if _, err := connection.Write([]byte(text)); err != nil {
		return ""
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return "" // Hung up on.
	}
	defer response.Body.Close()
	var answer strings.Builder
	_, _ = fmt.Fprintln(&answer, response.Status)
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		answer.WriteString(lines.Text())
	}
	return answer.String()
}

// dial opens a connection for raw requests; nil where the handshake is refused.
func dial(t *testing.T, config *rest.Config) *tls.Conn {
	t.Helper()
	host, err := url.Parse(config.Host)
	require.NoError(t, err)
	settings, err := rest.TLSConfigFor(config)
	require.NoError(t, err)
	settings.NextProtos = []string{"http/1.1"}
	connection, err := tls.Dial("tcp", host.Host, settings)
	if err != nil {
		return nil
	}
	return connection
}

// TestImpersonationIsRefusedInAllItsForms is TestNobodyImpersonatesWithoutTheRight for the headers that it leaves out.
func TestImpersonationIsRefusedInAllItsForms(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	nothingChanges(t, func() {
		for where, config := range map[string]*rest.Config{"through kube-apiserver": mine.admin.Config, "direct": cluster.Direct(mine.admin.Config, 0)} {
			for _, headers := range [][]string{
				{"Impersonate-User: root", "Impersonate-Group: system:masters"},
				{"impersonate-user: mine", "impersonate-group: " + theirs.group},
				{"Impersonate-User: system:serviceaccount:palette-system:tenancy-controller-manager"},
				{"Impersonate-User: system:serviceaccount:kube-system:namespace-controller"},
				{"Impersonate-User: " + mine.tenant + "-admin", "Impersonate-Group: " + theirs.group},
				{"Impersonate-User: x", "Impersonate-Uid: 1", "Impersonate-Group: " + theirs.group, "Impersonate-Extra-Scopes: all"},
				{"Impersonate-User: ", "Impersonate-Group: " + theirs.group},
				{"Impersonate-Group: " + theirs.group},
				{"Impersonate-Uid: 1"},
				{"Impersonate-Extra-Groups: system:masters"},
			} {
				for _, path := range []string{allTenants, allTenants + "/" + theirs.tenant, "/api/v1/namespaces/" + theirs.project + "/secrets"} {
					answer := raw(t, config, http.MethodGet, path, "", headers)
					assert.NotContains(t, answer, "200 OK", "%s: %q", where, headers)
				}
			}
		}
	})
}

// TestTheServersInsidesAreNotForEverybody asks for what tells of other Tenants, or changes how the server runs.
func TestTheServersInsidesAreNotForEverybody(t *testing.T) {
	p := newParty(t)
	for who, config := range map[string]*rest.Config{"a tenant's admin": cluster.Direct(p.admin.Config, 0), "nobody": direct(rest.AnonymousClientConfig(p.admin.Config))} {
		for _, path := range []string{"/metrics", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/flags/v", "/debug/api_priority_and_fairness/dump_requests", "/configz", "/logs/", "/flagz", "/statusz"} {
			for _, method := range []string{http.MethodGet, http.MethodPut} {
				status, answer := send(t, config, method, path, "10", http.Header{})
				assert.Contains(t, []int{401, 403}, status, "%s %s of %s: %.200s", who, method, path, answer)
			}
		}
	}
}
