// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// What is made lives for so long that its steps can be told apart, and not longer.
const (
	lifetime   = 20 * time.Second
	caLifetime = 60 * time.Second
)

// The names that the controller is to use.
const (
	authoritySecret = "tenancy-ca"
	servingSecret   = "tenancy-apiserver-tls"
)

var (
	apiServices     = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
	apiServiceNames = []string{"v1alpha1.spectrocloud.com", "v1beta1.spectrocloud.com"}
)

const apiService = `---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: %s.spectrocloud.com}
spec:
  {group: spectrocloud.com, version: %s, groupPriorityMinimum: 2000, versionPriority: 10, service: {name: tenancy-apiserver, namespace: palette-system, port: %d}}
`

var installed sync.Once

// install brings tenancy up as a chart would: rights, the Service, APIServices without a caBundle, two controller managers,
// and the API server, which can't begin before it has its certificate.
func install(t *testing.T) {
	t.Helper()
	tell(t)
	installed.Do(func() {
		root, err := framework.ModuleRoot()
		require.NoError(t, err)
		rbac, err := os.ReadFile(filepath.Join(root, "pkg/localcluster/manifests/rbac.yaml"))
		require.NoError(t, err)
		cluster.MustKubectl(t, string(rbac), "apply", "-f", "-")
		serverPort = hold(t)
		for i := range 2 {
			managers = append(managers, newManager(t, i))
			managers[i].start(t)
		}
		cluster.MustKubectl(t, fmt.Sprintf("apiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: %s}\nspec: {type: ExternalName, externalName: localhost, ports: [{port: %d}]}\n",
			service, namespace, serverPort)+fmt.Sprintf(apiService, "v1alpha1", "v1alpha1", serverPort)+fmt.Sprintf(apiService, "v1beta1", "v1beta1", serverPort), "apply", "-f", "-")
		files := filepath.Join(cluster.Dir(), "tls")
		mounted := make(chan struct{})
		go mount(context.WithoutCancel(t.Context()), files, sync.OnceFunc(func() { close(mounted) }))
		select {
		case <-mounted:
		case <-time.After(framework.Patience):
			require.FailNow(t, "there is no Secret to serve with")
		}
		newServer(t, files).start(t)
		framework.Eventually(t, "the API to be available", available)
	})
}

// mount keeps files as a kubelet keeps those of a Secret: each state in a folder of its own, which a link is turned to in one
// step. A Secret that is gone leaves its files.
func mount(ctx context.Context, dir string, done func()) {
	version := ""
	_ = wait.PollUntilContextCancel(ctx, 20*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		secret, err := cluster.Admin.Host.CoreV1().Secrets(namespace).Get(ctx, servingSecret, metav1.GetOptions{})
		if err != nil || secret.ResourceVersion == version {
			return false, nil
		}
		if err := project(dir, secret); err != nil {
			fmt.Fprintln(os.Stderr, "the files of the Secret:", err)
			return false, nil
		}
		version = secret.ResourceVersion
		done()
		return false, nil
	})
}

func project(dir string, secret *corev1.Secret) error {
	state := filepath.Join(dir, "..state-"+secret.ResourceVersion)
	if err := os.MkdirAll(state, 0o700); err != nil {
		return err
	}
	for name, data := range secret.Data {
		if err := os.WriteFile(filepath.Join(state, name), data, 0o600); err != nil {
			return err
		}
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil && !os.IsExist(err) {
			return err
		}
	}
	before, _ := os.Readlink(filepath.Join(dir, "..data")) // None at first.
	turned := filepath.Join(dir, "..data_tmp")
	if err := os.Symlink(filepath.Base(state), turned); err != nil {
		return err
	}
	if err := os.Rename(turned, filepath.Join(dir, "..data")); err != nil || before == "" || before == filepath.Base(state) {
		return err
	}
	return os.RemoveAll(filepath.Join(dir, before))
}

// available is an error while kube-apiserver does not pass on requests.
func available(ctx context.Context) error {
	for _, name := range apiServiceNames {
		object, err := cluster.Admin.Dynamic.Resource(apiServices).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		conditions, _, err := unstructured.NestedSlice(object.Object, "status", "conditions")
		if err != nil {
			return err
		}
		if len(conditions) == 0 {
			return errors.New(name + " has no condition yet")
		}
		if condition, ok := conditions[0].(map[string]any); !ok || condition["status"] != "True" {
			return fmt.Errorf("%s: %v", name, conditions[0])
		}
	}
	_, err := cluster.Admin.Tenants().List(ctx, metav1.ListOptions{Limit: 1})
	return err
}

func TestFromNothingToServing(t *testing.T) {
	began := time.Now()
	install(t)
	t.Logf("from no Secret to an available API: %s", time.Since(began).Round(time.Millisecond))
	for _, name := range apiServiceNames {
		published, err := bundle(t.Context(), name)
		require.NoError(t, err)
		require.NoError(t, ask(t.Context(), published))
	}
	framework.EventuallyWithin(t, 5*time.Second, "every controller manager to be ready", func(ctx context.Context) error {
		for _, m := range managers {
			if err := manager(t, m).Get().AbsPath("/readyz").Do(ctx).Error(); err != nil {
				return err
			}
		}
		return nil
	})
	tenant := framework.Name("first")
	_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(tenant), metav1.CreateOptions{})
	require.NoError(t, err)
	cluster.TenantReady(t, tenant)

	serving := certificate(t.Context(), servingSecret, "tls.crt")
	assert.Equal(t, []string{"tenancy-apiserver.palette-system.svc", "tenancy-apiserver.palette-system", "tenancy-apiserver.palette-system.svc.cluster.local",
		"tenancy-controller-manager.palette-system.svc"}, serving.DNSNames)
	metric, err := manager(t, leader(t)).Get().AbsPath("/metrics").DoRaw(t.Context())
	require.NoError(t, err)
	for label, cert := range map[string]*x509.Certificate{"serving": serving, "ca": certificate(t.Context(), authoritySecret, "current.crt")} {
		issued := cert.NotBefore.Add(5 * time.Minute)
		for of, want := range map[string]time.Time{"expiration": cert.NotAfter, "renewal": issued.Add(cert.NotAfter.Sub(issued) / 3 * 2)} {
			_, line, _ := strings.Cut(string(metric), fmt.Sprintf("tenancy_certificate_%s_timestamp_seconds{certificate=%q} ", of, label))
			value, err := strconv.ParseFloat(strings.SplitN(line, "\n", 2)[0], 64)
			require.NoError(t, err)
			assert.InDelta(t, want.Unix(), value, 0, "%s of %s", of, label)
		}
	}
}

// manager returns a client of a controller manager itself, as an administrator.
func manager(t *testing.T, m *program) rest.Interface {
	t.Helper()
	config := rest.CopyConfig(cluster.Config())
	config.Host = fmt.Sprintf("https://127.0.0.1:%d", ports[m])
	config.CAData, config.Insecure = nil, true // It serves with what it signs itself.
	config.GroupVersion, config.NegotiatedSerializer = &corev1.SchemeGroupVersion, codecs
	client, err := rest.RESTClientFor(config)
	require.NoError(t, err)
	return client
}
