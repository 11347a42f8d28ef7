// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/storage/etcd3"
	storagetesting "k8s.io/apiserver/pkg/storage/testing"
	"k8s.io/apiserver/pkg/storage/value"
)

var errInjected = errors.New("injected error")

type failingCodec struct {
	runtime.Codec
	failing atomic.Bool
}

func (c *failingCodec) Decode(data []byte, defaults *schema.GroupVersionKind, into runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	if c.failing.Load() {
		return nil, nil, errInjected
	}
	return c.Codec.Decode(data, defaults, into)
}

// swappedTransformer is whichever transformer the test last put in.
type swappedTransformer struct {
	prefix  *storagetesting.PrefixTransformer
	current atomic.Pointer[value.Transformer]
	failing atomic.Bool
}

func (s *swappedTransformer) use(t value.Transformer) { s.current.Store(&t) }

func (s *swappedTransformer) TransformFromStorage(ctx context.Context, data []byte, dataCtx value.Context) ([]byte, bool, error) {
	if s.failing.Load() {
		return nil, false, errInjected
	}
	return (*s.current.Load()).TransformFromStorage(ctx, data, dataCtx)
}

func (s *swappedTransformer) TransformToStorage(ctx context.Context, data []byte, dataCtx value.Context) ([]byte, error) {
	return (*s.current.Load()).TransformToStorage(ctx, data, dataCtx)
}

// UpdatePrefixTransformer implements storagetesting.InterfaceWithPrefixTransformer.
func (s *fixture) UpdatePrefixTransformer(modify storagetesting.PrefixTransformerModifier) func() {
	changed := *s.transformer.prefix
	s.transformer.use(modify(&changed))
	return func() { s.transformer.use(s.transformer.prefix) }
}

// UpdateTransformer implements storagetesting.InterfaceWithTransformerOverride.
func (s *fixture) UpdateTransformer(modify storagetesting.TransformerModifier) func() {
	s.transformer.use(modify(s.transformer.prefix))
	return func() { s.transformer.use(s.transformer.prefix) }
}

// corrupt is the error of an object that can't be read from etcd.
func corrupt(t *testing.T) error {
	t.Helper()
	failing := &swappedTransformer{}
	failing.failing.Store(true)
	_, _, err := etcd3.WithCorruptObjErrorHandlingTransformer(failing).TransformFromStorage(t.Context(), nil, value.DefaultContext{})
	require.Error(t, err)
	return err
}
