// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apiserver/pkg/storage/storagebackend"
)

// fill starts etcd in a new directory and puts one key, value v1, then v2 after the snapshot that it returns.
func fill(t *testing.T) (snapshot []byte, revision int64) {
	t.Helper()
	etcd, err := StartEmbedded(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer func() { assert.NoError(t, etcd.Close()) }()
	client := connect(t, etcd)
	_, err = client.Put(t.Context(), "/key", "v1")
	require.NoError(t, err)
	var saved bytes.Buffer
	n, err := SaveSnapshot(t.Context(), storagebackend.TransportConfig{ServerList: []string{etcd.Endpoint}}, &saved)
	require.NoError(t, err)
	assert.EqualValues(t, saved.Len(), n)
	put, err := client.Put(t.Context(), "/key", "v2")
	require.NoError(t, err)
	return saved.Bytes(), put.Header.Revision
}

func TestARestoreHoldsWhatTheSnapshotHeldAtALaterRevision(t *testing.T) {
	saved, seen := fill(t)
	// A restore of the same snapshot that comes later must be later, too, whatever was written after the first.
	for _, now := range []time.Time{time.Now(), time.Now().Add(time.Minute), time.Unix(0, 0)} {
		dir := filepath.Join(t.TempDir(), "new")
		status, err := RestoreSnapshot(bytes.NewReader(saved), dir, now)
		require.NoError(t, err)
		assert.Equal(t, SnapshotStatus{Revision: 2, Keys: 1, Bytes: int64(len(saved) - 32)}, status)
		assertPrivate(t, dir)

		etcd, err := StartEmbedded(t.Context(), dir)
		require.NoError(t, err)
		client := connect(t, etcd)
		found, err := client.Get(t.Context(), "/", clientv3.WithPrefix())
		require.NoError(t, err)
		require.Len(t, found.Kvs, 1)
		assert.Equal(t, "v1", string(found.Kvs[0].Value))
		assert.EqualValues(t, 2, found.Kvs[0].ModRevision, "guards compare it")
		assert.GreaterOrEqual(t, found.Header.Revision, max(now.UnixMicro(), 2+minRevisionBump))

		watching, stop := context.WithTimeout(t.Context(), 10*time.Second)
		watched := <-client.Watch(watching, "/key", clientv3.WithRev(seen))
		stop()
		assert.ErrorIs(t, watched.Err(), rpctypes.ErrCompacted, "a watch from before the restore is not told to start over")
		put, err := client.Put(t.Context(), "/key", "v3")
		require.NoError(t, err)
		assert.Equal(t, found.Header.Revision+1, put.Header.Revision)
		require.NoError(t, etcd.Close())
		assert.NoDirExists(t, filepath.Join(dir, restoring))
	}
}

func TestASnapshotThatIsNotWholeIsRefused(t *testing.T) {
	saved, _ := fill(t)
	flipped := bytes.Clone(saved)
	flipped[len(flipped)/2] ^= 1
	for name, broken := range map[string][]byte{
		"without its hash": saved[:len(saved)-32],
		"cut short":        saved[:len(saved)/2],
		"changed":          flipped,
		"longer":           append(bytes.Clone(saved), 0),
		"empty":            nil,
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "snapshot")
			require.NoError(t, os.WriteFile(file, broken, 0o600))
			_, err := StatusOfSnapshot(file)
			assert.ErrorContains(t, err, "it is not whole")

			dir := t.TempDir()
			_, err = RestoreSnapshot(bytes.NewReader(broken), dir, time.Now())
			assert.ErrorContains(t, err, "it is not whole")
			assert.NoDirExists(t, filepath.Join(dir, embeddedMember))
			assert.NoDirExists(t, filepath.Join(dir, restoring))
		})
	}
}

func TestARestoreTouchesNoDataThatIsThere(t *testing.T) {
	saved, _ := fill(t)
	dir := t.TempDir()
	etcd, err := StartEmbedded(t.Context(), dir)
	require.NoError(t, err)
	_, err = connect(t, etcd).Put(t.Context(), "mine", "")
	require.NoError(t, err)
	_, err = RestoreSnapshot(bytes.NewReader(saved), dir, time.Now())
	assert.ErrorContains(t, err, "is in use by another process")
	require.NoError(t, etcd.Close())
	_, err = RestoreSnapshot(bytes.NewReader(saved), dir, time.Now())
	assert.ErrorContains(t, err, dir+" holds member: a snapshot is restored into an empty directory only")

	etcd, err = StartEmbedded(t.Context(), dir)
	require.NoError(t, err)
	found, err := connect(t, etcd).Get(t.Context(), "mine")
	require.NoError(t, err)
	assert.Len(t, found.Kvs, 1)
	require.NoError(t, etcd.Close())
}

func TestAnInterruptedRestoreIsDoneAgain(t *testing.T) {
	saved, _ := fill(t)
	dir := t.TempDir()
	for _, left := range []string{restoring + "/member", "lost+found"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, left), 0o700))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, restoring, "snapshot"), saved[:99], 0o600))
	_, err := StartEmbedded(t.Context(), dir)
	require.ErrorContains(t, err, "a restore was interrupted: run it again, or remove "+filepath.Join(dir, restoring))
	require.NoDirExists(t, filepath.Join(dir, embeddedMember), "it started with no objects at all")
	_, err = RestoreSnapshot(io.MultiReader(bytes.NewReader(saved[:100]), bytes.NewReader(saved[100:])), dir, time.Now())
	require.NoError(t, err)
	etcd, err := StartEmbedded(t.Context(), dir)
	require.NoError(t, err)
	assert.NoError(t, etcd.Close())
}

func TestAnEtcdThatWasKilledLeavesNothingInTheWayOfARestore(t *testing.T) {
	saved, _ := fill(t)
	dir := t.TempDir()
	listener, err := net.Listen("unix", filepath.Join(dir, embeddedSocket))
	require.NoError(t, err)
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	require.NoError(t, listener.Close())
	_, err = RestoreSnapshot(bytes.NewReader(saved), dir, time.Now())
	require.NoError(t, err)
	etcd, err := StartEmbedded(t.Context(), dir)
	require.NoError(t, err)
	assert.NoError(t, etcd.Close())
}

func TestASnapshotIsTakenFromTheMemberThatAnswers(t *testing.T) {
	t.Parallel() // It waits.
	etcd, err := StartEmbedded(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer func() { assert.NoError(t, etcd.Close()) }()
	nobody := "unix://" + filepath.Join(t.TempDir(), "nobody.sock")
	_, err = SaveSnapshot(t.Context(), storagebackend.TransportConfig{ServerList: []string{nobody, etcd.Endpoint}}, io.Discard)
	assert.NoError(t, err)
	hurried, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	_, err = SaveSnapshot(hurried, storagebackend.TransportConfig{ServerList: []string{nobody}}, io.Discard)
	assert.ErrorContains(t, err, "etcd at "+nobody+" does not answer")
}

func TestWhoRunsTheEmbeddedEtcdTellsWhere(t *testing.T) {
	dir := t.TempDir()
	endpoint, err := EndpointOf(dir)
	require.NoError(t, err)
	assert.Empty(t, endpoint)

	etcd, err := StartEmbedded(t.Context(), dir)
	require.NoError(t, err)
	endpoint, err = EndpointOf(dir)
	require.NoError(t, err)
	assert.Equal(t, etcd.Endpoint, endpoint)
	require.NoError(t, etcd.Close())
	endpoint, err = EndpointOf(dir)
	require.NoError(t, err)
	assert.Empty(t, endpoint, "it runs no longer")

	lock, err := lockDir(dir)
	require.NoError(t, err)
	defer lock.Close()
	_, err = EndpointOf(dir)
	assert.ErrorContains(t, err, "it is starting or ending, try again")
}
