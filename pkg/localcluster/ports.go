// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"golang.org/x/sys/unix"
)

const loopback = "127.0.0.1"

// port is a TCP port of the loopback address that is held for one of our
// processes from before it starts until release. It is bound, never listened on:
// with SO_REUSEPORT the process binds it too (etcd: --socket-reuse-port, the
// others: --permit-port-sharing), and nobody else gets it, neither between our
// finding it free and the process taking it, nor while the process restarts.
type port struct {
	number int
	fd     int
}

// holdPort holds the port with that number, or a free one for 0.
func holdPort(number int) (*port, error) {
	if number < 0 || number > 65535 {
		return nil, fmt.Errorf("port %d is out of range: want 0 (any free one) to 65535", number)
	}
	// SO_REUSEPORT would let us join another cluster's listener; this would not.
	if number != 0 {
		probe, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp4", net.JoinHostPort(loopback, strconv.Itoa(number)))
		if err != nil {
			return nil, fmt.Errorf("port %d of %s is not to be had (choose another, or 0 for any free one): %w", number, loopback, err)
		}
		probe.Close()
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("holding a port: %w", err)
	}
	address := &unix.SockaddrInet4{Port: number, Addr: [4]byte{127, 0, 0, 1}}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("holding a port: %w", err)
	}
	if err := unix.Bind(fd, address); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("holding port %d of %s: %w", number, loopback, err)
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("holding a port: %w", err)
	}
	return &port{number: bound.(*unix.SockaddrInet4).Port, fd: fd}, nil
}

// release lets go of the port.
func (p *port) release() { _ = unix.Close(p.fd) }

// String returns the number, as flags want it.
func (p *port) String() string { return strconv.Itoa(p.number) }

// url returns the https address of a server on the port.
func (p *port) url() string { return "https://" + net.JoinHostPort(loopback, p.String()) }

// ports is every port of a cluster.
type ports struct {
	apiserver, controllerManager *port
	etcd, etcdPeer               *port
	tenancyAPIServers            []*port // One per replica.
	tenancyControllerManager     *port
	tenancyEtcd, tenancyEtcdPeer []*port // One per member.
	all                          []*port
}

// holdPorts holds all ports that a cluster may need.
func holdPorts(options Options) (*ports, error) {
	p := &ports{
		tenancyAPIServers: make([]*port, options.Replicas),
		tenancyEtcd:       make([]*port, options.EtcdMembers), tenancyEtcdPeer: make([]*port, options.EtcdMembers),
	}
	wanted := []**port{
		&p.apiserver, &p.controllerManager, &p.etcd, &p.etcdPeer,
		&p.tenancyControllerManager,
	}
	for i := range p.tenancyAPIServers {
		wanted = append(wanted, &p.tenancyAPIServers[i])
	}
	for i := range p.tenancyEtcd {
		wanted = append(wanted, &p.tenancyEtcd[i], &p.tenancyEtcdPeer[i])
	}
	number := options.Port // Of the first; any free one for the others.
	for _, slot := range wanted {
		held, err := holdPort(number)
		if err != nil {
			p.release()
			return nil, err
		}
		*slot, number = held, 0
		p.all = append(p.all, held)
	}
	return p, nil
}

// release lets go of every port.
func (p *ports) release() {
	for _, held := range p.all {
		held.release()
	}
}
