// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	genericapiserver "k8s.io/apiserver/pkg/server"
)

// bodyTimeout is how long a client may take to send the body of a request, which has 3 MiB at most.
const bodyTimeout = 10 * time.Second

// hurryBodies bounds the time that bodies take to arrive. Upstream reads them while the request holds one of its priority
// level's seats, and waits as long as for the whole request, a minute: a few hundred clients that send half a body would
// keep everybody else of their level out for as long.
func hurryBodies(config *genericapiserver.Config) {
	build := config.BuildHandlerChainFunc
	config.BuildHandlerChainFunc = func(apiHandler http.Handler, c *genericapiserver.Config) http.Handler {
		next := build(apiHandler, c)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Body != nil && r.Body != http.NoBody {
				r.Body = &hurriedBody{ReadCloser: r.Body, connection: http.NewResponseController(w), within: bodyTimeout}
			}
			next.ServeHTTP(w, r)
		})
	}
}

// hurriedBody has to be read to its end within a time of the first read: what came before that is not the client's.
type hurriedBody struct {
	io.ReadCloser
	connection *http.ResponseController
	within     time.Duration
	begun      bool
}

// Read implements io.Reader.
func (b *hurriedBody) Read(into []byte) (int, error) {
	if !b.begun {
		b.begun = true
		if err := b.connection.SetReadDeadline(time.Now().Add(b.within)); err != nil {
			return 0, err
		}
	}
	n, err := b.ReadCloser.Read(into)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, tooSlow(b.within)
	case err == io.EOF:
		// What follows on the connection is another request. It is too late to complain about an error.
		_ = b.connection.SetReadDeadline(time.Time{})
	}
	return n, err
}

// tooSlow is an answer for which apimachinery has no function.
func tooSlow(within time.Duration) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusRequestTimeout, Reason: metav1.StatusReasonTimeout,
		Message: fmt.Sprintf("the body did not arrive within %v: send it faster, or in smaller objects", within)}}
}
