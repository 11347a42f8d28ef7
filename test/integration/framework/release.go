// SPDX-License-Identifier: Apache-2.0

package framework

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/pkg/localcluster"
)

// etcdSecret is the Secret by which a release is let in to its etcd.
const etcdSecret = "etcd-client"

// Helm runs helm against the cluster, with a home of its own, and returns what it said.
func (c *Cluster) Helm(ctx context.Context, args ...string) (said string, err error) {
	root, err := ModuleRoot()
	if err != nil {
		return "", err
	}
	program, err := localcluster.Program(filepath.Join(root, "bin"), "helm")
	if err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, program, args...)
	command.Env = append(append(os.Environ(), c.Env()...), "HOME="+c.Dir())
	output, err := command.CombinedOutput()
	return string(output), err
}

// InstallReplicas installs the chart in a cluster that runs Pods: several replicas on the cluster's external etcd. The
// settings are further arguments of helm, --set=... It returns when the API is available.
func (c *Cluster) InstallReplicas(ctx context.Context, namespace string, settings ...string) error {
	core := c.Admin.Host.CoreV1()
	if _, err := core.Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{}); err != nil {
		return err
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: etcdSecret}, Data: map[string][]byte{}}
	for key, file := range map[string]string{"ca.crt": "tenancy-etcd-ca.crt", "tls.crt": "tenancy-etcd-client.crt", "tls.key": "tenancy-etcd-client.key"} {
		data, err := os.ReadFile(filepath.Join(c.Dir(), "pki", file))
		if err != nil {
			return err
		}
		secret.Data[key] = data
	}
	if _, err := core.Secrets(namespace).Create(ctx, secret, metav1.CreateOptions{}); err != nil {
		return err
	}
	root, err := ModuleRoot()
	if err != nil {
		return err
	}
	said, err := c.Helm(ctx, append([]string{
		"install", "tenancy", filepath.Join(root, "artifacts", "chart"), "--namespace", namespace, "--wait", "--timeout=2m", "--set=mode=ha",
		"--set=etcd.endpoints={" + strings.Join(c.TenancyEtcdEndpoints(), ",") + "}", "--set=etcd.tlsSecret=" + etcdSecret}, settings...)...)
	if err != nil {
		return fmt.Errorf("installing the chart: %w\n%s", err, said)
	}
	return nil
}
