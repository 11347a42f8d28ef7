// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
)

const (
	inStatus  = "10.244."  // What the addresses of Pods begin with where Kubernetes sees them,
	onMachine = "127.244." // and where they are reached. Linux answers for all of 127.0.0.0/8.
	nodeHost  = 254        // The node's own number in its network.
	podHosts  = 253        // How many Pods can run at a time.
)

// network is the /24 of one cluster. No two clusters of a machine have the same.
type network struct {
	third int          // Of the four numbers of its addresses.
	claim net.Listener // Held for as long as the network is ours; on the port that kubelets have.

	mu   sync.Mutex
	used [podHosts + 1]bool
	last int
}

// claimNetwork finds a network that no other cluster of this machine has.
func claimNetwork() (*network, error) {
	for _, third := range rand.Perm(256) {
		claim, err := net.Listen("tcp4", fmt.Sprintf("%s%d.%d:10250", onMachine, third, nodeHost))
		if err == nil {
			return &network{third: third, claim: claim}, nil
		}
	}
	return nil, errors.New("each of the networks 127.244.0.0/24 to 127.244.255.0/24 is in use by another local cluster")
}

// allocate returns an address for a Pod, as its status shows it. Those that were
// given back last are given out last: somebody may still think that the old Pod has it.
func (n *network) allocate() (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for range podHosts {
		n.last = n.last%podHosts + 1
		if !n.used[n.last] {
			n.used[n.last] = true
			return fmt.Sprintf("%s%d.%d", inStatus, n.third, n.last), nil
		}
	}
	return "", fmt.Errorf("all %d addresses of Pods are in use: delete some", podHosts)
}

// free gives an address back.
func (n *network) free(address string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var third, host int
	if _, err := fmt.Sscanf(address, inStatus+"%d.%d", &third, &host); err == nil && third == n.third && host > 0 && host <= podHosts {
		n.used[host] = false
	}
}

// node returns the node's own address.
func (n *network) node() string { return fmt.Sprintf("%s%d.%d", inStatus, n.third, nodeHost) }

// reachable returns where an address is reached from this machine: those of Pods are mapped, others stay.
func reachable(address string) string {
	if host, ok := strings.CutPrefix(address, inStatus); ok {
		return onMachine + host
	}
	return address
}
