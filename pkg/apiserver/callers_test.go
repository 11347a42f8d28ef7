// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNobodyIsTakenForAnonymousBeforeTheFrontProxyIsKnown(t *testing.T) {
	known := false
	handler := refuseUntil(func() bool { return known }, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	}))
	ask := func(path string) *httptest.ResponseRecorder {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
		return recorder
	}

	refused := ask("/apis/spectrocloud.com/v1alpha1/tenants")
	assert.Equal(t, http.StatusServiceUnavailable, refused.Code)
	assert.Equal(t, "1", refused.Header().Get("Retry-After"), "clients try again on this header only")
	for _, path := range []string{"/livez", "/readyz", "/readyz/front-proxy-ca", "/healthz"} {
		assert.Equal(t, http.StatusTeapot, ask(path).Code, path)
	}

	known = true
	assert.Equal(t, http.StatusTeapot, ask("/apis/spectrocloud.com/v1alpha1/tenants").Code)
}
