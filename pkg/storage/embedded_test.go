// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
)

func connect(t *testing.T, etcd *Embedded) *clientv3.Client {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{etcd.Endpoint}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestEmbeddedEtcdStartsOnAnEmptyDirectoryInSeconds(t *testing.T) {
	begin := time.Now()
	etcd, err := StartEmbedded(t.Context(), filepath.Join(t.TempDir(), "not", "there", "yet"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, etcd.Close()) }()
	_, err = connect(t, etcd).Put(t.Context(), "key", "value")
	require.NoError(t, err)
	assert.Less(t, time.Since(begin), 3*time.Second)
}

func TestEmbeddedEtcdFindsYesterdaysData(t *testing.T) {
	dir := t.TempDir()
	for day := range 3 {
		begin := time.Now()
		etcd, err := StartEmbedded(t.Context(), dir)
		require.NoError(t, err)
		client := connect(t, etcd)
		found, err := client.Get(t.Context(), "", clientv3.WithPrefix())
		require.NoError(t, err)
		assert.Less(t, time.Since(begin), 3*time.Second)
		assert.Len(t, found.Kvs, day)
		_, err = client.Put(t.Context(), fmt.Sprintf("day-%d", day), "value")
		require.NoError(t, err)
		require.NoError(t, etcd.Close())
	}
}

// openEmbedded is another process that opens dir.
func openEmbedded(dir string) int {
	etcd, err := StartEmbedded(context.Background(), dir)
	if err != nil {
		fmt.Println(err)
		return 3
	}
	_ = etcd.Close()
	return 0
}

func TestADirectoryInUseIsRefusedAndSaysSo(t *testing.T) {
	dir := t.TempDir()
	etcd, err := StartEmbedded(t.Context(), dir)
	require.NoError(t, err)

	again, err := StartEmbedded(t.Context(), dir)
	assert.Nil(t, again)
	assert.ErrorContains(t, err, dir+" is in use by another process: stop it, or name another directory")

	open := func() (string, error) {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=none")
		command.Env = append(os.Environ(), openDir+"="+dir)
		output, err := command.Output()
		return string(output), err
	}
	output, err := open()
	assert.Error(t, err)
	assert.Contains(t, output, "is in use by another process")

	_, err = connect(t, etcd).Put(t.Context(), "still", "served")
	assert.NoError(t, err)
	require.NoError(t, etcd.Close())
	output, err = open()
	assert.NoError(t, err, output)
}

func TestADirectoryTooDeepForASocketWorks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("deep/", 40))
	etcd, err := StartEmbedded(t.Context(), dir)
	require.NoError(t, err)
	_, err = connect(t, etcd).Put(t.Context(), "key", "value")
	require.NoError(t, err)

	sockets := filepath.Dir(strings.TrimPrefix(etcd.Endpoint, "unix://"))
	assertPrivate(t, sockets)
	require.NoError(t, etcd.Close())
	assert.NoDirExists(t, sockets, "Close left the directory of the sockets")
}

func TestNobodyElseReachesTheEmbeddedEtcd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "etcd")
	etcd, err := StartEmbedded(t.Context(), dir)
	require.NoError(t, err)
	assertPrivate(t, dir)
	assert.True(t, strings.HasPrefix(etcd.Endpoint, "unix://"), etcd.Endpoint)
	for _, listener := range etcd.etcd.Clients {
		assert.Equal(t, "unix", listener.Addr().Network(), "etcd listens on %s", listener.Addr())
	}
	assert.Empty(t, etcd.etcd.Peers, "etcd listens for peers")
	require.NoError(t, etcd.Close())
	assert.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		assert.Zero(t, entry.Type()&fs.ModeSocket, "Close left %s", path)
		return err
	}))
}

func assertPrivate(t *testing.T, dir string) {
	t.Helper()
	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o700), info.Mode().Perm(), "%s is open to others", dir)
}

func TestADirectoryThatCantBeMadeIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := StartEmbedded(t.Context(), filepath.Join(file, "etcd"))
	assert.ErrorContains(t, err, "making the etcd data directory")
	assert.ErrorContains(t, err, file)
}

func TestADirectoryIsGivenUpEvenIfNotAllIsTidied(t *testing.T) {
	dir := t.TempDir()
	etcd, err := StartEmbedded(t.Context(), dir)
	require.NoError(t, err)
	etcd.sockets = "." // Which is not removed.
	assert.ErrorContains(t, etcd.Close(), "removing the etcd sockets")
	lock, err := lockDir(dir)
	require.NoError(t, err)
	assert.NoError(t, lock.Close())
}

func TestADamagedDirectoryIsAnErrorAndGivenUp(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "member"), []byte("a file where etcd wants a directory"), 0o600))
	_, err := StartEmbedded(t.Context(), dir)
	assert.ErrorContains(t, err, "starting the embedded etcd in "+dir)
	require.NoError(t, os.Remove(filepath.Join(dir, "member")))
	etcd, err := StartEmbedded(t.Context(), dir)
	require.NoError(t, err, "the failed start kept the lock")
	assert.NoError(t, etcd.Close())
}
