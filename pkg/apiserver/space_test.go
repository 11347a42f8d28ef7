// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"
)

func TestReadinessTellsOfScarceSpaceAndDoesNotDependOnIt(t *testing.T) {
	var scarce, broken error
	readyz := http.NewServeMux()
	healthz.InstallReadyzHandler(readyz, healthz.NamedCheck("check", func(*http.Request) error { return broken }))
	config := &genericapiserver.Config{BuildHandlerChainFunc: func(apiHandler http.Handler, _ *genericapiserver.Config) http.Handler { return apiHandler }}
	warnOfSpace(config, func() error { return scarce })
	handler := config.BuildHandlerChainFunc(readyz, config)
	ask := func(path string) (int, string) {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
		return recorder.Code, recorder.Body.String()
	}
	const warning = "warn: etcd-space failed, which readiness does not depend on: reason withheld, see /readyz/etcd-space\n"
	for _, scarce = range []error{nil, errors.New("85% of etcd's quota of 2Gi is used")} {
		for _, broken = range []error{nil, errors.New("broken")} {
			code, text := ask("/readyz")
			verboseCode, verbose := ask("/readyz?verbose")
			want := http.StatusOK
			if broken != nil {
				want = http.StatusInternalServerError
			}
			assert.Equal(t, want, code)
			assert.Equal(t, want, verboseCode, "the verdict depends on how much is told")
			assert.NotContains(t, text, "etcd-space", "probes have no use for it")
			if scarce != nil {
				assert.Contains(t, verbose, warning)
			} else {
				assert.NotContains(t, verbose, "etcd-space")
			}
		}
	}
}
