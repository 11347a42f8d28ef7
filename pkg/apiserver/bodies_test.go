// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
)

func TestAClientThatIsTooSlowIsToldSo(t *testing.T) {
	for protocol, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(protocol, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, protocol, r.Proto)
				body := &hurriedBody{ReadCloser: r.Body, connection: http.NewResponseController(w), within: 50 * time.Millisecond}
				_, err := io.ReadAll(body)
				status := responsewriters.ErrorToAPIStatus(err)
				http.Error(w, status.Message, int(status.Code))
			}))
			server.EnableHTTP2 = http2
			server.StartTLS()
			defer server.Close()
			body, rest := io.Pipe()
			defer rest.Close() // Which never comes.
			response, err := server.Client().Post(server.URL, "application/json", body)
			require.NoError(t, err)
			defer response.Body.Close()
			told, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			assert.Equal(t, http.StatusRequestTimeout, response.StatusCode)
			assert.Equal(t, "the body did not arrive within 50ms: send it faster, or in smaller objects\n", string(told))
		})
	}
}
