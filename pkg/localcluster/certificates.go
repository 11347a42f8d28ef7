// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"crypto/ecdsa"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	certutil "k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// systemNamespace is where our programs would run in a real cluster.
const systemNamespace = "palette-system"

// peopleLifetime bounds what ConfigFor hands out; it outlives any test.
const peopleLifetime = 24 * time.Hour

// certificates is every key and certificate of a cluster. There are six
// authorities, so that no certificate opens a door it was not made for:
// who may read etcd is not who may ask kube-apiserver.
type certificates struct {
	cluster       *authority        // kube-apiserver and kube-controller-manager, and everyone who talks to them.
	frontProxy    *authority        // kube-apiserver, when it passes on someone else's request.
	etcd          *authority        // Kubernetes' etcd, its peers and its one client.
	tenancy       *authority        // Our programs' serving certificates.
	tenancyEtcd   *authority        // Our etcd, where it is external.
	issuer        *authority        // The OIDC issuer, whom kube-apiserver believes who everyone is.
	serviceTokens string            // Path of the key that signs service account tokens.
	idTokens      *ecdsa.PrivateKey // Signs ID tokens.

	apiserver, frontProxyClient, controllerManager   *keyPair
	admin, controllerManagerClient                   *keyPair
	etcdServer, etcdClient                           *keyPair
	tenancyAPIServer, tenancyControllerManager       *keyPair
	tenancyAPIServerClient, tenancyControllersClient *keyPair
	tenancyEtcdServer, tenancyEtcdClient             *keyPair
	issuerServer                                     *keyPair
}

// loadCertificates returns the certificates in dir, made anew where there are
// none, where they are about to expire, and where they no longer say what is
// needed.
func loadCertificates(dir string) (*certificates, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var c certificates
	for name, ca := range map[string]**authority{
		"ca": &c.cluster, "front-proxy-ca": &c.frontProxy, "etcd-ca": &c.etcd,
		"tenancy-ca": &c.tenancy, "tenancy-etcd-ca": &c.tenancyEtcd, "issuer-ca": &c.issuer,
	} {
		var err error
		if *ca, err = loadAuthority(dir, name); err != nil {
			return nil, err
		}
	}
	for _, leaf := range []struct {
		name string
		pair **keyPair
		ca   *authority
		cfg  certutil.Config
	}{
		{"kube-apiserver", &c.apiserver, c.cluster, serving("kubernetes", "kubernetes.default", "kubernetes.default.svc")},
		{"kube-controller-manager", &c.controllerManager, c.cluster, serving()},
		{"admin", &c.admin, c.cluster, client("kubernetes-admin", "system:masters")},
		{"kube-controller-manager-client", &c.controllerManagerClient, c.cluster, client("system:kube-controller-manager")},
		{"tenancy-apiserver-client", &c.tenancyAPIServerClient, c.cluster, serviceAccount(TenancyAPIServer)},
		{"tenancy-controller-manager-client", &c.tenancyControllersClient, c.cluster, serviceAccount(TenancyControllerManager)},
		{"front-proxy-client", &c.frontProxyClient, c.frontProxy, client("front-proxy-client")},
		{"etcd", &c.etcdServer, c.etcd, peer("etcd")},
		{"etcd-client", &c.etcdClient, c.etcd, client("kube-apiserver")},
		{"tenancy-apiserver", &c.tenancyAPIServer, c.tenancy, serving("tenancy-apiserver." + systemNamespace + ".svc")},
		{"tenancy-controller-manager", &c.tenancyControllerManager, c.tenancy, serving()},
		{"tenancy-etcd", &c.tenancyEtcdServer, c.tenancyEtcd, peer("tenancy-etcd")},
		{"tenancy-etcd-client", &c.tenancyEtcdClient, c.tenancyEtcd, client("tenancy-apiserver")},
		{"issuer", &c.issuerServer, c.issuer, serving()},
	} {
		var err error
		if *leaf.pair, err = leaf.ca.leaf(leaf.name, leaf.cfg); err != nil {
			return nil, err
		}
	}
	c.serviceTokens = filepath.Join(dir, "service-account.key")
	if _, _, err := keyutil.LoadOrGenerateKeyFile(c.serviceTokens); err != nil {
		return nil, err
	}
	var err error
	if c.idTokens, err = loadIDTokenKey(dir); os.IsNotExist(err) {
		c.idTokens, err = makeIDTokenKey(dir)
	}
	return &c, err
}

// serving describes a certificate to serve with on loopback, under localhost
// and the names given.
func serving(names ...string) certutil.Config {
	return certutil.Config{
		CommonName: "localhost",
		AltNames: certutil.AltNames{
			DNSNames: append([]string{"localhost"}, names...),
			IPs:      []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		},
		Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

// peer describes the certificate of an etcd member, which serves and calls.
func peer(name string) certutil.Config {
	cfg := serving()
	cfg.CommonName = name
	cfg.Usages = append(cfg.Usages, x509.ExtKeyUsageClientAuth)
	return cfg
}

// client describes a certificate that says who is calling: user and groups, as
// kube-apiserver reads them.
func client(user string, groups ...string) certutil.Config {
	return certutil.Config{
		CommonName: user, Organization: groups, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

// serviceAccount describes a certificate for a program that is a service account of
// the system namespace in a real cluster, so that the chart's roles are what it has.
func serviceAccount(name string) certutil.Config {
	return client(serviceaccount.MakeUsername(systemNamespace, name), serviceaccount.MakeGroupNames(systemNamespace)...)
}
