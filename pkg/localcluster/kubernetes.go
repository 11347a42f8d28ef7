// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Names of the components, as Component and Options.ExtraArgs take them. A
// second tenancy-apiserver is called tenancy-apiserver-1, and so on; so are members of tenancy-etcd.
const (
	Etcd                     = "etcd"
	KubeAPIServer            = "kube-apiserver"
	KubeControllerManager    = "kube-controller-manager"
	TenancyEtcd              = "tenancy-etcd"
	TenancyAPIServer         = "tenancy-apiserver"
	TenancyControllerManager = "tenancy-controller-manager"
)

// kubeControllers are the controllers that a namespace and its RBAC need to come
// and go as in any cluster. There are no nodes, so there is no work for the rest.
var kubeControllers = []string{
	"clusterrole-aggregation-controller",
	"garbage-collector-controller",
	"namespace-controller",
	"resourcequota-controller",
	"root-ca-certificate-publisher-controller",
	"serviceaccount-controller",
	"serviceaccount-token-controller",
}

// addEtcd adds an etcd whose members, one for each of the ports, keep their data in folders of
// their names, and answer only to certificates of its own authority.
func (c *Cluster) addEtcd(name string, client, peer []*port, ca *authority, server, user *keyPair) (members []*Component) {
	var cluster []string
	for i := range peer {
		cluster = append(cluster, numbered(name, i)+"="+peer[i].url())
	}
	for i := range peer {
		members = append(members, c.addEtcdMember(numbered(name, i), strings.Join(cluster, ","), client[i], peer[i], ca, server, user))
	}
	return members
}

// numbered returns the name of the i-th of several like components.
func numbered(name string, i int) string {
	if i == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, i)
}

func (c *Cluster) addEtcdMember(name, cluster string, client, peer *port, ca *authority, server, user *keyPair) *Component {
	args := []string{
		"--name=" + name,
		"--data-dir=" + filepath.Join(c.options.Dir, name),
		"--listen-client-urls=" + client.url(),
		"--advertise-client-urls=" + client.url(),
		"--listen-peer-urls=" + peer.url(),
		"--initial-advertise-peer-urls=" + peer.url(),
		"--initial-cluster=" + cluster,
		"--socket-reuse-port",
		"--enable-grpc-gateway=false",
		"--client-cert-auth",
		"--trusted-ca-file=" + ca.certFile,
		"--cert-file=" + server.certFile,
		"--key-file=" + server.keyFile,
		"--peer-client-cert-auth",
		"--peer-trusted-ca-file=" + ca.certFile,
		"--peer-cert-file=" + server.certFile,
		"--peer-key-file=" + server.keyFile,
	}
	if !strings.Contains(cluster, ",") {
		// A sole member elects itself after this time, in which nobody else could object.
		args = append(args, "--heartbeat-interval=20", "--election-timeout=200")
	}
	if c.options.Ephemeral {
		args = append(args, "--unsafe-no-fsync")
	}
	return c.add(name, Etcd, args, get(client.url()+"/readyz", ca.pool(), user))
}

func (c *Cluster) addKubeAPIServer() *Component {
	certs := c.certs
	args := []string{
		"--bind-address=" + loopback,
		"--advertise-address=" + loopback,
		"--secure-port=" + c.ports.apiserver.String(),
		"--permit-port-sharing",
		"--tls-cert-file=" + certs.apiserver.certFile,
		"--tls-private-key-file=" + certs.apiserver.keyFile,
		"--client-ca-file=" + certs.cluster.certFile,
		"--authentication-config=" + c.authenticationPath(),
		"--authorization-mode=RBAC",
		// As installers set it: what Pods may do is up to Pod Security admission.
		"--allow-privileged",
		"--etcd-servers=" + c.ports.etcd.url(),
		"--etcd-cafile=" + certs.etcd.certFile,
		"--etcd-certfile=" + certs.etcdClient.certFile,
		"--etcd-keyfile=" + certs.etcdClient.keyFile,
		"--service-cluster-ip-range=10.96.0.0/16",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + certs.serviceTokens,
		"--service-account-signing-key-file=" + certs.serviceTokens,
		// The address of the Service "kubernetes" may not be a loopback address; nothing here needs one.
		"--endpoint-reconciler-type=none",
		// How aggregated API servers are reached, and what they believe about who is asking.
		"--enable-aggregator-routing=false",
		"--proxy-client-cert-file=" + certs.frontProxyClient.certFile,
		"--proxy-client-key-file=" + certs.frontProxyClient.keyFile,
		"--requestheader-client-ca-file=" + certs.frontProxy.certFile,
		"--requestheader-allowed-names=" + certs.frontProxyClient.cert.Subject.CommonName,
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-uid-headers=X-Remote-Uid",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
	}
	if c.node != nil {
		args = append(args, "--egress-selector-config-file="+c.egressPath())
	}
	return c.add(KubeAPIServer, KubeAPIServer, args, get(c.ports.apiserver.url()+"/readyz", certs.cluster.pool(), certs.admin))
}

func (c *Cluster) addKubeControllerManager() *Component {
	certs, kubeconfig := c.certs, c.kubeconfigPath(KubeControllerManager)
	controllers := kubeControllers
	if c.node != nil {
		controllers = slices.Concat(controllers, podControllers)
	}
	return c.add(KubeControllerManager, KubeControllerManager, []string{
		"--bind-address=" + loopback,
		"--secure-port=" + c.ports.controllerManager.String(),
		"--permit-port-sharing",
		"--tls-cert-file=" + certs.controllerManager.certFile,
		"--tls-private-key-file=" + certs.controllerManager.keyFile,
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--leader-elect=false",
		"--controllers=" + strings.Join(controllers, ","),
		// As system:kube-controller-manager alone it could not empty namespaces.
		"--use-service-account-credentials",
		"--service-account-private-key-file=" + certs.serviceTokens,
		"--root-ca-file=" + certs.cluster.certFile,
		// The default of 20 requests a second makes the deletion of 200 namespaces take minutes.
		"--kube-api-qps=200",
		"--kube-api-burst=400",
	}, get(c.ports.controllerManager.url()+"/healthz", certs.cluster.pool(), nil))
}
