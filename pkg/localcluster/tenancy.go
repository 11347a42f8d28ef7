// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"context"
	"crypto/tls"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"k8s.io/client-go/rest"
)

// addTenancy adds our programs, and their etcd where it is a process of its own.
func (c *Cluster) addTenancy() (etcd, servers []*Component, controllers *Component) {
	if c.options.ExternalEtcd {
		etcd = c.addTenancyEtcd()
	}
	for replica := range c.options.Replicas {
		servers = append(servers, c.addTenancyAPIServer(replica))
	}
	return etcd, servers, c.addTenancyControllerManager()
}

func (c *Cluster) addTenancyEtcd() []*Component {
	p, certs := c.ports, c.certs
	return c.addEtcd(TenancyEtcd, p.tenancyEtcd, p.tenancyEtcdPeer,
		certs.tenancyEtcd, certs.tenancyEtcdServer, certs.tenancyEtcdClient)
}

// bringUpTenancy installs and starts our programs; etcd may be empty. The controllers
// come last, so that their informers find the API at the first attempt and do
// not wait for another.
func (c *Cluster) bringUpTenancy(ctx context.Context, etcd, servers []*Component, controllers *Component) error {
	installer, err := newInstaller(c.Config())
	if err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for _, manifest := range []string{"rbac.yaml", "policies.yaml"} {
		group.Go(func() error { return installer.apply(groupCtx, manifest, nil) })
	}
	for _, member := range etcd {
		group.Go(func() error { return c.launch(groupCtx, member) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	group, groupCtx = errgroup.WithContext(ctx)
	for _, server := range servers {
		group.Go(func() error { return c.launch(groupCtx, server) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	began := time.Now()
	if err := installer.apply(ctx, "apiservice.yaml", c.apiServiceValues()); err != nil {
		return err
	}
	group, groupCtx = errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := installer.wait(groupCtx, installer.available); err != nil {
			return err
		}
		return c.launch(groupCtx, controllers)
	})
	group.Go(func() error { return installer.wait(groupCtx, installer.described) })
	if err := group.Wait(); err != nil {
		return err
	}
	c.report("API "+versions[0].Group, began)
	return nil
}

func (c *Cluster) addTenancyAPIServer(replica int) *Component {
	certs, kubeconfig, port := c.certs, c.kubeconfigPath(TenancyAPIServer), c.ports.tenancyAPIServers[replica]
	args := []string{
		"--bind-address=" + loopback,
		"--secure-port=" + port.String(),
		"--permit-port-sharing",
		"--tls-cert-file=" + certs.tenancyAPIServer.certFile,
		"--tls-private-key-file=" + certs.tenancyAPIServer.keyFile,
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--system-namespace=" + systemNamespace,
	}
	if c.options.ExternalEtcd {
		args = append(args,
			"--etcd-servers="+strings.Join(c.TenancyEtcdEndpoints(), ","),
			"--etcd-cafile="+certs.tenancyEtcd.certFile,
			"--etcd-certfile="+certs.tenancyEtcdClient.certFile,
			"--etcd-keyfile="+certs.tenancyEtcdClient.keyFile,
		)
	} else {
		args = append(args, "--etcd-data-dir="+filepath.Join(c.options.Dir, TenancyEtcd))
	}
	return c.add(numbered(TenancyAPIServer, replica), TenancyAPIServer, args,
		both(
			get(port.url()+"/readyz", certs.tenancy.pool(), nil),
			// It serves before it has read who vouches for callers. Until then everyone is
			// anonymous to it, and forbidden this.
			get(port.url()+"/apis", certs.tenancy.pool(), certs.admin),
		))
}

func (c *Cluster) addTenancyControllerManager() *Component {
	certs := c.certs
	return c.add(TenancyControllerManager, TenancyControllerManager, []string{
		"--bind-address=" + loopback,
		"--secure-port=" + c.ports.tenancyControllerManager.String(),
		"--permit-port-sharing",
		"--tls-cert-file=" + certs.tenancyControllerManager.certFile,
		"--tls-private-key-file=" + certs.tenancyControllerManager.keyFile,
		"--kubeconfig=" + c.kubeconfigPath(TenancyControllerManager),
		"--system-namespace=" + systemNamespace,
		"--system-default-resources=" + strconv.FormatBool(c.options.SystemDefaultResources),
		"--leader-elect=true",
	}, get(c.ports.tenancyControllerManager.url()+"/healthz", certs.tenancy.pool(), nil))
}

// Direct returns a copy of config that talks to a replica of tenancy-apiserver
// itself, past kube-apiserver. The caller is still whom config says: the
// replica trusts the cluster's client certificates too.
func (c *Cluster) Direct(config *rest.Config, replica int) *rest.Config {
	direct := rest.CopyConfig(config)
	direct.Host = c.ports.tenancyAPIServers[replica].url()
	direct.CAData = c.certs.tenancy.certPEM
	return direct
}

// TenancyEtcdEndpoints returns where the members of the etcd of Options.ExternalEtcd listen.
func (c *Cluster) TenancyEtcdEndpoints() (endpoints []string) {
	for _, member := range c.ports.tenancyEtcd {
		endpoints = append(endpoints, member.url())
	}
	return endpoints
}

// TenancyEtcdClient returns where the first member of that etcd listens, and what it takes to
// be let in by any. It must not be called without that option.
func (c *Cluster) TenancyEtcdClient() (endpoint string, config *tls.Config) {
	return c.ports.tenancyEtcd[0].url(), &tls.Config{
		RootCAs:      c.certs.tenancyEtcd.pool(),
		Certificates: []tls.Certificate{c.certs.tenancyEtcdClient.tls()},
		MinVersion:   tls.VersionTLS12,
	}
}
