// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Kubeconfig returns the path of the administrator's kubeconfig (group
// system:masters).
func (c *Cluster) Kubeconfig() string { return kubeconfigIn(c.options.Dir) }

func kubeconfigIn(dir string) string { return filepath.Join(dir, "kubeconfig") }

func (c *Cluster) kubeconfigPath(component string) string {
	return filepath.Join(c.options.Dir, "pki", component+".kubeconfig")
}

// Config returns a new client configuration of the administrator. It has no
// client-side rate limit, as all that Cluster hands out.
func (c *Cluster) Config() *rest.Config { return c.configWith(c.certs.admin) }

// ConfigFor returns a client configuration for a person: a client certificate
// of the cluster's authority, valid for a day, with that user name and those
// groups, which need not be bound anywhere. Unlike LoginFor it takes names of
// Kubernetes' own, too.
func (c *Cluster) ConfigFor(user string, groups ...string) (*rest.Config, error) {
	pair, err := c.certs.cluster.sign(client(user, groups...), peopleLifetime)
	if err != nil {
		return nil, fmt.Errorf("making a client certificate for %q: %w", user, err)
	}
	return c.configWith(pair), nil
}

// configWith returns a client configuration; client may be nil.
func (c *Cluster) configWith(client *keyPair) *rest.Config {
	config := &rest.Config{
		Host:            c.ports.apiserver.url(),
		TLSClientConfig: rest.TLSClientConfig{CAData: c.certs.cluster.certPEM},
		QPS:             -1,
	}
	if client != nil {
		config.CertData, config.KeyData = client.certPEM, client.keyPEM
	}
	return config
}

// The names in a kubeconfig.
const (
	clusterName  = "local"
	adminContext = "local"
)

// writeKubeconfigs writes the administrator's and the components' kubeconfigs
// on every start: the port may be another one. Those who have logged in stay.
func (c *Cluster) writeKubeconfigs() error {
	for path, client := range map[string]*keyPair{
		c.Kubeconfig():                             c.certs.admin,
		c.kubeconfigPath(KubeControllerManager):    c.certs.controllerManagerClient,
		c.kubeconfigPath(TenancyAPIServer):         c.certs.tenancyAPIServerClient,
		c.kubeconfigPath(TenancyControllerManager): c.certs.tenancyControllersClient,
	} {
		config := c.configWith(client)
		user := client.cert.Subject.CommonName
		if err := updateKubeconfig(path, func(kubeconfig *clientcmdapi.Config) {
			kubeconfig.Clusters[clusterName] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
			kubeconfig.AuthInfos[user] = &clientcmdapi.AuthInfo{
				ClientCertificateData: config.CertData, ClientKeyData: config.KeyData,
			}
			kubeconfig.Contexts[adminContext] = &clientcmdapi.Context{Cluster: clusterName, AuthInfo: user}
			kubeconfig.CurrentContext = adminContext
		}); err != nil {
			return err
		}
	}
	return nil
}

// updateKubeconfig changes a kubeconfig, which is made where it is missing. Several
// processes may do so at a time.
func updateKubeconfig(path string, change func(*clientcmdapi.Config)) error {
	unlock, err := lockDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer unlock()
	config, err := clientcmd.LoadFromFile(path)
	if os.IsNotExist(err) {
		config, err = clientcmdapi.NewConfig(), nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w (remove the file to have a new one made)", path, err)
	}
	change(config)
	data, err := clientcmd.Write(*config)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", path, err)
	}
	return writeFile(path, data)
}
