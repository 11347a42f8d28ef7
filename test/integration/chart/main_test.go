// SPDX-License-Identifier: Apache-2.0

// Package chart holds the promises of artifacts/chart, kept by the real helm against a real kube-apiserver. No pods run here:
// test/e2e/install installs the chart to work with it.
package chart

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// release and namespace are what the tests install, where nothing else is said.
const (
	release   = "tenancy"
	namespace = "palette-system"
)

var apiServices = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}

var (
	cluster *framework.Cluster
	mapper  *restmapper.DeferredDiscoveryRESTMapper
)

func TestMain(m *testing.M) {
	framework.Main(m, localcluster.Options{WithoutTenancy: true}, func(c *framework.Cluster) {
		cluster = c
		mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(c.Admin.Host.Discovery()))
	})
}

// helm runs the real helm as the administrator, and returns what it wrote to both streams.
func helm(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	program, err := localcluster.Program(filepath.Join(root, "bin"), "helm")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	command.Dir = root
	command.Env = append(append(os.Environ(), cluster.Env()...), "HOME="+cluster.Dir())
	var out, errs strings.Builder
	command.Stdout, command.Stderr = &out, &errs
	err = command.Run()
	return out.String(), errs.String(), err
}

// mustHelm is helm for what has to succeed.
func mustHelm(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, err := helm(t, args...)
	require.NoError(t, err, "helm %s\n%s%s", strings.Join(args, " "), stdout, stderr)
	return stdout
}

// chartArgs returns the arguments of a helm command about the chart with these values.
func chartArgs(command string, values ...string) []string {
	args := []string{command, release, "artifacts/chart", "--namespace", namespace}
	for _, value := range values {
		args = append(args, "--set", value)
	}
	return args
}

// resource returns the client of an object's resource, and whether the cluster knows its kind.
func resource(t *testing.T, object *unstructured.Unstructured) (dynamic.ResourceInterface, bool) {
	t.Helper()
	kind := object.GroupVersionKind()
	mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, false
	}
	resources := cluster.Admin.Dynamic.Resource(mapping.Resource)
	if object.GetNamespace() == "" {
		return resources, true
	}
	return resources.Namespace(object.GetNamespace()), true
}

// newNamespace creates a namespace for the test that is left behind: without controllers for it, it would not go.
func newNamespace(t *testing.T, name string, labels map[string]string) {
	t.Helper()
	_, err := cluster.Admin.Host.CoreV1().Namespaces().Create(t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, metav1.CreateOptions{})
	require.NoError(t, err)
}
