// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/kubernetes"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage/storagebackend"
)

// put writes an object of that size, with something beside it.
func put(ctx context.Context, backend *Backend, key string, size int) error {
	ctx = WithTransaction(ctx, &Transaction{Then: []clientv3.Op{clientv3.OpPut(sideKey, "")}})
	_, err := backend.client.Kubernetes.OptimisticPut(ctx, key, make([]byte, size), 0, kubernetes.PutOptions{})
	return err
}

// assertAnswer checks what a client is told, and that no client sends its request again by itself.
func assertAnswer(t *testing.T, err error, code int, fragment string) {
	t.Helper()
	status := responsewriters.ErrorToAPIStatus(err)
	assert.EqualValues(t, code, status.Code, "%v", err)
	assert.Contains(t, status.Message, fragment)
	assert.NotEmpty(t, status.Reason)
	if status.Details != nil {
		assert.Zero(t, status.Details.RetryAfterSeconds)
	}
}

func TestWhatEtcdRefusesOrDoesNotAnswerIsAnAnswerOfTheAPI(t *testing.T) {
	for name, connect := range map[string]func(*Embedded, storagebackend.Config) (*Backend, error){
		"in process": (*Embedded).NewBackend,
		"elsewhere":  func(_ *Embedded, config storagebackend.Config) (*Backend, error) { return NewBackend(config) },
	} {
		t.Run(name, func(t *testing.T) {
			etcd, err := StartEmbedded(t.Context(), t.TempDir())
			require.NoError(t, err)
			backend, err := connect(etcd, storagebackend.Config{Transport: storagebackend.TransportConfig{ServerList: []string{etcd.Endpoint}}})
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, backend.Close()) })
			require.NoError(t, put(t.Context(), backend, "/there", 1<<20))
			for _, size := range []int{1600 << 10, 2500 << 10} { // More than etcd takes, and than gRPC.
				assertAnswer(t, put(t.Context(), backend, "/large", size), http.StatusRequestEntityTooLarge, "make the object smaller")
			}
			patience := time.Duration(0)
			if name == "elsewhere" { // In process it ends with the server.
				require.NoError(t, etcd.Close())
				patience = 20 * time.Millisecond
			} else {
				defer func() { assert.NoError(t, etcd.Close()) }()
			}
			const told = "it may have been written, or be written yet. Look before you try again"
			hurried, stop := context.WithTimeout(t.Context(), patience)
			defer stop()
			assertAnswer(t, put(hurried, backend, "/new", 1), http.StatusGatewayTimeout, told)
			_, err = backend.client.Kubernetes.OptimisticDelete(hurried, "/there", 2, kubernetes.DeleteOptions{})
			assertAnswer(t, err, http.StatusGatewayTimeout, told)
		})
	}
}

// A decision reads and writes beside the objects, where nothing but its error tells what etcd said.
func TestWhatEtcdTellsADecisionIsAnAnswerOfTheAPI(t *testing.T) {
	var told error
	decide := func(context.Context, runtime.Object, runtime.Object) (*Transaction, error) {
		return nil, fmt.Errorf("reading the ledger: %w", told)
	}
	store, _, _ := newStore(t, decide)
	ctx := request.WithNamespace(t.Context(), "ns")
	for _, dryRun := range [][]string{nil, {metav1.DryRunAll}} {
		create := func() error {
			_, err := store.Create(ctx, pod("new"), rest.ValidateAllObjectFunc, &metav1.CreateOptions{DryRun: dryRun})
			return err
		}
		told = rpctypes.ErrNoSpace
		assertAnswer(t, create(), http.StatusInsufficientStorage, "etcd's quota is used up")
		told = rpctypes.ErrRequestTooLarge
		assertAnswer(t, create(), http.StatusRequestEntityTooLarge, "make the object smaller")
		for _, told = range []error{rpctypes.ErrTimeout, rpctypes.ErrLeaderChanged, rpctypes.ErrStopped, context.DeadlineExceeded} {
			assertAnswer(t, create(), http.StatusGatewayTimeout, "nothing was written: try again")
		}
		for _, told = range []error{rpctypes.ErrTooManyRequests, rpctypes.ErrCompacted, errors.New("another")} {
			assert.ErrorIs(t, create(), told, "it was made something else")
		}
	}
}
