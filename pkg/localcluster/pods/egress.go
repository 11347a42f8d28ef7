// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// egressConfig has kube-apiserver reach what is in the cluster through a proxy, as
// where its machine is not part of the cluster's network.
const egressConfig = `apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: HTTPConnect
    transport:
      uds:
        udsName: %q
`

// serveEgress serves the proxy. Its socket has a name and no file: there is no path
// that could be too long, and nothing to clear away.
func (n *Node) serveEgress() (err error) {
	if n.socket, err = net.Listen("unix", "@tenancy-local-"+rand.Text()); err != nil {
		return fmt.Errorf("serving kube-apiserver's way to Services: %w", err)
	}
	n.proxy = &http.Server{Handler: http.HandlerFunc(n.connect), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = n.proxy.Serve(n.socket) }() // Returns when Stop closes it.
	return nil
}

// EgressConfig returns the file for kube-apiserver's --egress-selector-config-file.
func (n *Node) EgressConfig() []byte {
	return fmt.Appendf(nil, egressConfig, n.socket.Addr().String())
}

// connect answers a CONNECT: it connects the caller to whom it asks for. What is
// connected stays so until either side ends it, as with kube-proxy.
func (n *Node) connect(w http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodConnect {
		http.Error(w, "this is a proxy for CONNECT", http.StatusMethodNotAllowed)
		return
	}
	target, err := n.backend(request.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	backend, err := (&net.Dialer{}).DialContext(request.Context(), "tcp", target)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer backend.Close()
	caller, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer caller.Close()
	stop := context.AfterFunc(n.ctx, func() { _, _ = caller.Close(), backend.Close() })
	defer stop()
	if _, err := io.WriteString(caller, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	done := make(chan struct{}, 2)
	go func() { _, _ = io.Copy(backend, buffered); done <- struct{}{} }()
	go func() { _, _ = io.Copy(caller, backend); done <- struct{}{} }()
	<-done
}

// backend returns where to connect for an address: for a Service's, to one of its
// Pods; for a Pod's, to its process; for any other, to itself.
func (n *Node) backend(address string) (string, error) {
	host, number, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	services, err := n.services.List(labels.Everything())
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(services, func(s *corev1.Service) bool { return slices.Contains(s.Spec.ClusterIPs, host) })
	if i < 0 {
		return net.JoinHostPort(reachable(host), number), nil
	}
	service := services[i]
	j := slices.IndexFunc(service.Spec.Ports, func(p corev1.ServicePort) bool { return strconv.Itoa(int(p.Port)) == number })
	if j < 0 {
		return "", fmt.Errorf("Service %s/%s has no port %s", service.Namespace, service.Name, number)
	}
	return n.endpoint(service, service.Spec.Ports[j].Name)
}

// endpoint picks an endpoint of the Service's port as kube-proxy does: any that is ready
// or, failing that, any that still serves while it ends.
func (n *Node) endpoint(service *corev1.Service, port string) (string, error) {
	all, err := n.slices.EndpointSlices(service.Namespace).
		List(labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: service.Name}))
	if err != nil {
		return "", err
	}
	var ready, ending []string
	for _, slice := range all {
		i := slices.IndexFunc(slice.Ports, func(p discoveryv1.EndpointPort) bool { return p.Name != nil && *p.Name == port })
		if i < 0 || slice.Ports[i].Port == nil {
			continue
		}
		for _, endpoint := range slice.Endpoints {
			address := net.JoinHostPort(reachable(endpoint.Addresses[0]), strconv.Itoa(int(*slice.Ports[i].Port)))
			switch c := endpoint.Conditions; {
			case c.Ready == nil || *c.Ready:
				ready = append(ready, address)
			case c.Serving != nil && *c.Serving && c.Terminating != nil && *c.Terminating:
				ending = append(ending, address)
			}
		}
	}
	if len(ready) == 0 {
		ready = ending
	}
	if len(ready) == 0 {
		return "", fmt.Errorf("Service %s/%s has no endpoint that is ready", service.Namespace, service.Name)
	}
	return ready[mathrand.IntN(len(ready))], nil
}
