// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const tcpListen = "0A" // The state of a listening socket in /proc/net/tcp.

// requireLoopback requires that the components listen, and on loopback only.
func requireLoopback(t *testing.T, cluster *Cluster, components ...string) {
	t.Helper()
	for _, name := range components {
		listeners := listeners(t, cluster.Component(name).PID())
		require.NotEmpty(t, listeners, name)
		for _, listener := range listeners {
			require.True(t, listener.IP.IsLoopback(), "%s listens on %s", name, listener)
		}
	}
}

// listeners returns the addresses that a process listens on, as the kernel has them.
func listeners(t *testing.T, pid int) []*net.TCPAddr {
	t.Helper()
	descriptors, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	require.NoError(t, err)
	inodes := map[string]bool{}
	for _, descriptor := range descriptors {
		target, _ := os.Readlink(descriptor) // It may be closed by now.
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			inodes[strings.TrimSuffix(inode, "]")] = true
		}
	}
	var addresses []*net.TCPAddr
	for _, table := range []string{"tcp", "tcp6"} {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		require.NoError(t, err)
		for line := range strings.Lines(string(data)) {
			// sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
			fields := strings.Fields(line)
			if len(fields) > 9 && fields[3] == tcpListen && inodes[fields[9]] {
				addresses = append(addresses, parseAddress(t, fields[1]))
			}
		}
	}
	return addresses
}

// parseAddress reads an address of /proc/net/tcp: words of 32 bits in the machine's
// byte order, which is little-endian wherever this runs, and a port.
func parseAddress(t *testing.T, text string) *net.TCPAddr {
	t.Helper()
	address, port, ok := strings.Cut(text, ":")
	require.True(t, ok, text)
	ip, err := hex.DecodeString(address)
	require.NoError(t, err)
	for word := range slices.Chunk(ip, 4) {
		slices.Reverse(word)
	}
	number, err := strconv.ParseUint(port, 16, 16)
	require.NoError(t, err)
	return &net.TCPAddr{IP: ip, Port: int(number)}
}
