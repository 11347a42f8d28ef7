// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"fmt"
	"path/filepath"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Kubeconfig returns the path of the administrator's kubeconfig (group
// system:masters).
func (c *Cluster) Kubeconfig() string { return filepath.Join(c.options.Dir, "kubeconfig") }

func (c *Cluster) kubeconfigPath(component string) string {
	return filepath.Join(c.options.Dir, "pki", component+".kubeconfig")
}

// Config returns a new client configuration of the administrator. It has no
// client-side rate limit, as all that Cluster hands out.
func (c *Cluster) Config() *rest.Config { return c.configWith(c.certs.admin) }

// ConfigFor returns a client configuration for a person: a client certificate
// of the cluster's authority, valid for a day, with that user name and those
// groups. It stands for what an OIDC token would say, so a group that is not
// bound anywhere is fine.
func (c *Cluster) ConfigFor(user string, groups ...string) (*rest.Config, error) {
	pair, err := c.certs.cluster.sign(client(user, groups...), peopleLifetime)
	if err != nil {
		return nil, fmt.Errorf("making a client certificate for %q: %w", user, err)
	}
	return c.configWith(pair), nil
}

func (c *Cluster) configWith(client *keyPair) *rest.Config {
	return &rest.Config{
		Host: c.ports.apiserver.url(),
		TLSClientConfig: rest.TLSClientConfig{
			CAData: c.certs.cluster.certPEM, CertData: client.certPEM, KeyData: client.keyPEM,
		},
		QPS: -1,
	}
}

// writeKubeconfigs writes the administrator's and the components' kubeconfigs,
// anew on every start: the port may be another one.
func (c *Cluster) writeKubeconfigs() error {
	for path, client := range map[string]*keyPair{
		c.Kubeconfig():                             c.certs.admin,
		c.kubeconfigPath(KubeControllerManager):    c.certs.controllerManagerClient,
		c.kubeconfigPath(TenancyAPIServer):         c.certs.tenancyAPIServerClient,
		c.kubeconfigPath(TenancyControllerManager): c.certs.tenancyControllersClient,
	} {
		config := c.configWith(client)
		user := client.cert.Subject.CommonName
		kubeconfig := clientcmdapi.NewConfig()
		kubeconfig.Clusters["local"] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
		kubeconfig.AuthInfos[user] = &clientcmdapi.AuthInfo{
			ClientCertificateData: config.CertData, ClientKeyData: config.KeyData,
		}
		kubeconfig.Contexts["local"] = &clientcmdapi.Context{Cluster: "local", AuthInfo: user}
		kubeconfig.CurrentContext = "local"
		data, err := clientcmd.Write(*kubeconfig)
		if err != nil {
			return fmt.Errorf("encoding %s: %w", path, err)
		}
		if err := writeFile(path, data); err != nil {
			return err
		}
	}
	return nil
}
