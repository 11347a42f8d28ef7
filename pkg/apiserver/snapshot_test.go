// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"

	"spectrocloud.com/tenancy/pkg/storage"
)

// snapshot runs the command and returns what it prints.
func snapshot(t *testing.T, stdin []byte, args ...string) (stdout, stderr []byte, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	command := NewCommand()
	command.SetArgs(append([]string{"snapshot"}, args...))
	command.SetIn(bytes.NewReader(stdin))
	command.SetOut(&out)
	command.SetErr(&errs)
	command.SilenceErrors = true
	err = command.ExecuteContext(t.Context())
	return out.Bytes(), errs.Bytes(), err
}

func TestASnapshotGoesThroughStandardOutputAndInput(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	var saved []byte
	withEtcd(t, from, func(client *clientv3.Client, _ *storage.Embedded) {
		put(t, client, healthy(t))
		stdout, stderr, err := snapshot(t, nil, "save", "-", "--etcd-data-dir", from)
		require.NoError(t, err, "beside a server")
		assert.Regexp(t, `^saved \d+ bytes from \[unix://.*\]\n$`, string(stderr))
		saved = stdout
	})
	_, _, err := snapshot(t, saved, "restore", "-", "--etcd-data-dir", to)
	require.NoError(t, err)
	out, err := checkLedger(t, "--etcd-data-dir", to)
	assert.NoError(t, err)
	assert.Contains(t, out, "1 tenants, 0 projects, 0 computepools, 0 aiworkloads and 2 records")
	_, _, err = snapshot(t, saved, "restore", "-", "--etcd-data-dir", to)
	assert.ErrorContains(t, err, to+" holds member")

	again, _, err := snapshot(t, nil, "save", "-", "--etcd-data-dir", to)
	require.NoError(t, err, "without a server")
	file := filepath.Join(t.TempDir(), "again")
	require.NoError(t, os.WriteFile(file, again, 0o600))
	stdout, _, err := snapshot(t, nil, "status", file)
	assert.NoError(t, err)
	assert.Regexp(t, `^whole: revision \d{16}, \d+ keys, \d+ bytes\n$`, string(stdout))
}

func TestAFileThatIsThereIsNoSnapshotsAndNoHalfOneIsLeft(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	require.NoError(t, os.WriteFile(there, []byte("mine"), 0o600))
	require.NoError(t, os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "link")))
	withEtcd(t, t.TempDir(), func(_ *clientv3.Client, etcd *storage.Embedded) {
		for _, name := range []string{"there", "link"} {
			_, _, err := snapshot(t, nil, "save", filepath.Join(dir, name), "--etcd-servers", etcd.Endpoint)
			assert.ErrorContains(t, err, name+" is there already: give another name, or move it away")
		}
		_, _, err := snapshot(t, nil, "save", filepath.Join(dir, "none", "file"), "--etcd-servers", etcd.Endpoint)
		assert.ErrorIs(t, err, os.ErrNotExist)
	})
	require.Error(t, writeNew(filepath.Join(dir, "half"), func(out io.Writer) error {
		_, err := out.Write([]byte("half"))
		require.NoError(t, err)
		return os.ErrClosed
	}))
	require.ErrorContains(t, writeNew(filepath.Join(dir, "meanwhile"), func(out io.Writer) error {
		return os.WriteFile(filepath.Join(dir, "meanwhile"), []byte("another save was faster"), 0o600)
	}), "meanwhile is there already")
	faster, err := os.ReadFile(filepath.Join(dir, "meanwhile"))
	require.NoError(t, err)
	assert.Equal(t, "another save was faster", string(faster))
	require.NoError(t, os.Remove(filepath.Join(dir, "meanwhile")))
	_, _, err = snapshot(t, nil, "save", filepath.Join(dir, "other"), "--etcd-data-dir", dir)
	assert.ErrorContains(t, err, "there is no embedded etcd in --etcd-data-dir "+dir)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 2, "%v", entries)
	mine, err := os.ReadFile(there)
	require.NoError(t, err)
	assert.Equal(t, "mine", string(mine))
}
