// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// TestAPodIsBoundOnceKubeAPIServerIsBack has it fail as one does that is killed: nobody tells of the Pod again.
func TestAPodIsBoundOnceKubeAPIServerIsBack(t *testing.T) {
	for name, end := range map[string]struct {
		code   int
		answer string
	}{
		"bound":           {http.StatusCreated, `{"kind":"Status","apiVersion":"v1","status":"Success"}`},
		"gone":            {http.StatusNotFound, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`},
		"bound before it": {http.StatusConflict, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Conflict","code":409}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "/api/v1/namespaces/n/pods/a/binding", r.URL.Path)
				if asked.Add(1) == 1 {
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(end.code)
				_, _ = io.WriteString(w, end.answer)
			}))
			defer server.Close()
			client, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL})
			require.NoError(t, err)
			n := &Node{config: Config{Logger: slog.New(slog.DiscardHandler)}, client: client}
			n.ctx, n.cancel = context.WithTimeout(t.Context(), 10*retryInterval)
			defer n.cancel()
			n.bind(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "a", UID: "1"}})
			require.NoError(t, n.ctx.Err())
			assert.EqualValues(t, 2, asked.Load())
		})
	}
}
