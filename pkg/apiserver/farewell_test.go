// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apiserver/pkg/endpoints/request"
)

func TestWatchesEndBeforeTheServerAndNothingElseDoes(t *testing.T) {
	leaving, leave := context.WithCancel(t.Context())
	defer leave()
	ended := map[string]chan struct{}{"watch": make(chan struct{}), "list": make(chan struct{})}
	handler := endWatches(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), leaving)
	asking, stop := context.WithCancel(t.Context())
	for verb, end := range ended {
		go func() {
			defer close(end)
			ctx := request.WithRequestInfo(asking, &request.RequestInfo{Verb: verb})
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
		}()
	}
	leave()
	select {
	case <-ended["watch"]:
	case <-time.After(watchesEndWithin + time.Minute):
		require.Fail(t, "the watch goes on")
	}
	select {
	case <-ended["list"]:
		assert.Fail(t, "the list was ended")
	default:
	}
	stop()
	<-ended["list"]
}
