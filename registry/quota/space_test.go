// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"

	"spectrocloud.com/tenancy/pkg/storage"
)

// A server that has just started takes the turn to decide, which etcd may have no space for.
func TestADecisionThatEtcdHasNoSpaceForIsToldSo(t *testing.T) {
	etcd, err := storage.EmbeddedOptions{QuotaBytes: 16 << 20}.Start(t.Context(), t.TempDir())
	require.NoError(t, err)
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{etcd.Endpoint}})
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, client.Close())
		assert.NoError(t, etcd.Close())
	})
	before := newServer(t, client, denies)
	newQuotas(t, before, counts{"A": 8}, map[string]counts{"web": {}})
	_, err = before.createWorkload(t.Context(), newWorkload("web", "w", counts{"A": 1}))
	require.NoError(t, err)
	for range 100 {
		if _, err = client.Put(t.Context(), "/filler", string(make([]byte, 512<<10))); err != nil {
			break
		}
	}
	require.Error(t, err, "etcd is not full")

	restarted := newServer(t, client, denies)
	status := responsewriters.ErrorToAPIStatus(restarted.deleteWorkload(t.Context(), "web", "w"))
	assert.EqualValues(t, http.StatusInsufficientStorage, status.Code, status.Message)
	assert.Contains(t, status.Message, "nothing can be written now: etcd's quota is used up")
}
