// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The parent is gone as soon as it has forked, before it could have told anybody of the fork.
func TestWhatAProgramStartsEndsThoughTheParentDiedRightAfterTheFork(t *testing.T) {
	l, err := newLauncher()
	require.NoError(t, err)
	output, theirs, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command("/bin/sh", "-c", `sleep 1000 & echo started; exit`)
	cmd.Stdout = theirs
	require.NoError(t, l.start(cmd, true))
	require.NoError(t, theirs.Close())
	lines := bufio.NewReader(output)
	_, err = lines.ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, output.SetReadDeadline(time.Now().Add(30*time.Second)))
	l.close() // To the watchdog it is the same: the end of its pipe.
	_, err = io.Copy(io.Discard, lines)
	require.NoError(t, err, "the end of the output says that nobody holds it any more")
	_ = cmd.Wait()
}
