// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"context"
	"crypto/tls"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"k8s.io/client-go/rest"
)

// tenancyAPIServerName returns the name of a replica's component; the first one
// is the one that kube-apiserver passes requests to.
func tenancyAPIServerName(replica int) string {
	if replica == 0 {
		return TenancyAPIServer
	}
	return fmt.Sprintf("%s-%d", TenancyAPIServer, replica)
}

// addTenancy adds our programs, and their etcd where it is a process of its own.
func (c *Cluster) addTenancy() (etcd *Component, servers []*Component, controllers *Component) {
	p, certs := c.ports, c.certs
	if c.options.ExternalEtcd {
		etcd = c.addEtcd(TenancyEtcd, p.tenancyEtcd, p.tenancyEtcdPeer,
			certs.tenancyEtcd, certs.tenancyEtcdServer, certs.tenancyEtcdClient)
	}
	for replica := range c.options.Replicas {
		servers = append(servers, c.addTenancyAPIServer(replica))
	}
	return etcd, servers, c.addTenancyControllerManager()
}

// bringUpTenancy installs and starts our programs; etcd may be nil. The controllers
// come last, so that their informers find the API at the first attempt and do
// not wait for another.
func (c *Cluster) bringUpTenancy(ctx context.Context, etcd *Component, servers []*Component, controllers *Component) error {
	installer, err := newInstaller(c.Config())
	if err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return installer.apply(groupCtx, "rbac.yaml", nil) })
	if etcd != nil {
		group.Go(func() error { return c.launch(groupCtx, etcd) })
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
			"--etcd-servers="+c.ports.tenancyEtcd.url(),
			"--etcd-cafile="+certs.tenancyEtcd.certFile,
			"--etcd-certfile="+certs.tenancyEtcdClient.certFile,
			"--etcd-keyfile="+certs.tenancyEtcdClient.keyFile,
		)
	} else {
		args = append(args, "--etcd-data-dir="+filepath.Join(c.options.Dir, TenancyEtcd))
	}
	return c.add(tenancyAPIServerName(replica), TenancyAPIServer, args,
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

// TenancyEtcdClient returns where the etcd of Options.ExternalEtcd listens, and
// what it takes to be let in. It must not be called without that option.
func (c *Cluster) TenancyEtcdClient() (endpoint string, config *tls.Config) {
	return c.ports.tenancyEtcd.url(), &tls.Config{
		RootCAs:      c.certs.tenancyEtcd.pool(),
		Certificates: []tls.Certificate{c.certs.tenancyEtcdClient.tls()},
		MinVersion:   tls.VersionTLS12,
	}
}
