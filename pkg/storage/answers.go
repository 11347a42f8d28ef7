// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"net/http"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"go.etcd.io/etcd/client/v3/kubernetes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What etcd itself answers would reach clients as a 500 without a reason. It becomes an answer of the API at two places: where
// the etcd3 store writes an object, and where a decision, which has reads and writes of its own, ends.

const (
	// maybeWritten and notWritten are what became of a write that etcd did not answer.
	maybeWritten = "etcd did not answer in time: it may have been written, or be written yet. Look before you try again"
	notWritten   = "etcd did not answer in time, and nothing was written: try again"
)

// answering is a client that creates nothing where space has almost run out, and whose errors are answers of the API.
type answering struct {
	kubernetes.Interface
	space *spaceWatch
}

// OptimisticPut puts the object unless it is a new one for which there is no space.
func (a answering) OptimisticPut(ctx context.Context, key string, value []byte, expected int64, opts kubernetes.PutOptions) (kubernetes.PutResponse, error) {
	if expected == 0 {
		if err := a.space.room(); err != nil {
			return kubernetes.PutResponse{}, err
		}
	}
	response, err := a.Interface.OptimisticPut(ctx, key, value, expected, opts)
	return response, answer(err, maybeWritten)
}

// OptimisticDelete deletes the object.
func (a answering) OptimisticDelete(ctx context.Context, key string, expected int64, opts kubernetes.DeleteOptions) (kubernetes.DeleteResponse, error) {
	response, err := a.Interface.OptimisticDelete(ctx, key, expected, opts)
	return response, answer(err, maybeWritten)
}

// answer is what a client is told where etcd refused what it was asked for, or did not answer. Every other error stays as it is.
func answer(err error, unanswered string) error {
	switch {
	case errors.Is(err, rpctypes.ErrNoSpace):
		return insufficientStorage("nothing can be written now: etcd's quota is used up. Delete what needs no clean-up, " +
			"and have etcd compacted and defragmented (an embedded one does so by itself) or its quota raised")
	case tooLarge(err):
		return apierrors.NewRequestEntityTooLargeError("etcd takes 1.5 MiB in one write, encoded as it stores it " +
			"(--max-request-bytes of one elsewhere): make the object smaller")
	case silent(err):
		// No Retry-After: client-go would send a create again that may have been done.
		return apierrors.NewTimeoutError(unanswered, 0)
	}
	return err
}

// tooLarge tells whether etcd refuses to write so much at once, or gRPC to send it there. gRPC has no other use for the code.
func tooLarge(err error) bool {
	var etcd rpctypes.EtcdError
	return errors.Is(err, rpctypes.ErrRequestTooLarge) || !errors.As(err, &etcd) && status.Code(err) == codes.ResourceExhausted
}

// silent tells whether etcd took too long, changed its leader or went away, and so may or may not have done what it was asked for.
func silent(err error) bool {
	var etcd rpctypes.EtcdError
	return errors.As(err, &etcd) && etcd.Code() == codes.Unavailable || status.Code(err) == codes.Unavailable || errors.Is(err, context.DeadlineExceeded)
}

// insufficientStorage is an answer for which apimachinery has no function.
func insufficientStorage(message string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusInsufficientStorage, Reason: "InsufficientStorage", Message: message}}
}
