// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
)

func TestAnObjectThatCantBeReadIsDeletedOnlyWhereNothingIsDecidedAboutIt(t *testing.T) {
	const key = "/test/pods/ns/unreadable"
	options := &metav1.DeleteOptions{IgnoreStoreReadErrorWithClusterBreakingPotential: new(true)}
	for name, decide := range map[string]Decide{
		"decided": func(_ context.Context, old, updated runtime.Object) (*Transaction, error) {
			require.False(t, old == nil && updated == nil, "a decision about nothing")
			return nil, nil
		},
		"undecided": nil,
	} {
		t.Run(name, func(t *testing.T) {
			store, _, s := newStore(t, decide)
			ctx := request.WithNamespace(t.Context(), "ns")
			require.Eventually(t, func() bool { return store.ReadinessCheck() == nil }, 20*time.Second, time.Millisecond)
			_, err := store.Create(ctx, pod("readable"), rest.ValidateAllObjectFunc, &metav1.CreateOptions{})
			require.NoError(t, err)
			_, err = s.client.KV.Put(ctx, key, "what somebody wrote by hand")
			require.NoError(t, err)
			_, err = store.Get(ctx, "unreadable", &metav1.GetOptions{})
			require.Error(t, err)

			_, _, err = store.GetCorruptObjDeleter().Delete(ctx, "unreadable", rest.ValidateAllObjectFunc, options)
			if decide != nil {
				assertAnswer(t, err, http.StatusMethodNotAllowed, "pods that can't be read are not deleted by the API")
				assert.NotEmpty(t, held(t, s, key))
				return
			}
			require.NoError(t, err)
			assert.Empty(t, held(t, s, key))
			_, _, err = store.GetCorruptObjDeleter().Delete(ctx, "readable", rest.ValidateAllObjectFunc, options)
			assert.Error(t, err, "the way around everything is open to objects that can be read")
			require.Eventually(t, func() bool {
				_, err := store.Get(ctx, "readable", &metav1.GetOptions{})
				return err == nil
			}, 20*time.Second, time.Millisecond, "what can be read")
		})
	}
}
