// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"spectrocloud.com/tenancy/test/integration/framework"
)

const (
	foreignCRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: clusters.spectrocloud.com}
spec:
  group: spectrocloud.com
  names: {kind: Cluster, listKind: ClusterList, plural: clusters, singular: cluster}
  scope: Namespaced
  versions:
  - {name: v1alpha1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
`
	foreignAPIService = `
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.spectrocloud.com}
spec:
  {group: spectrocloud.com, version: v1beta1, groupPriorityMinimum: 1000, versionPriority: 1, service: {name: hub, namespace: hub-system}}
`
	otherReleasesAPIService = `
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata:
  name: v1alpha1.spectrocloud.com
  annotations: {meta.helm.sh/release-name: first, meta.helm.sh/release-namespace: elsewhere}
spec:
  {group: spectrocloud.com, version: v1alpha1, groupPriorityMinimum: 1000, versionPriority: 1, service: {name: tenancy-apiserver, namespace: elsewhere}}
`
	anotherGroupsCRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: clusters.cluster.spectrocloud.com}
spec:
  group: cluster.spectrocloud.com
  names: {kind: Cluster, listKind: ClusterList, plural: clusters, singular: cluster}
  scope: Namespaced
  versions:
  - {name: v1alpha1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
`
	embedded = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: tenancy-apiserver, namespace: NAMESPACE}
spec:
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}
`
	installed = `
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: tenancy-apiserver
  namespace: NAMESPACE
  labels: {app.kubernetes.io/managed-by: Helm}
  annotations: {meta.helm.sh/release-name: tenancy, meta.helm.sh/release-namespace: NAMESPACE}
spec:
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i, args: [--system-namespace=old, --etcd-prefix=/ours]}]}}
`
	withAVolume = `
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: tenancy-apiserver
  namespace: NAMESPACE
  labels: {app.kubernetes.io/managed-by: Helm}
  annotations: {meta.helm.sh/release-name: tenancy, meta.helm.sh/release-namespace: NAMESPACE}
spec:
  replicas: 0
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 8192Mi}}}
`
)

// TestInstallationIsRefusedWhereItWouldHarm tries each in a namespace of its own, with an object there that is in the way.
func TestInstallationIsRefusedWhereItWouldHarm(t *testing.T) {
	newNamespace(t, "old", nil)
	for name, try := range map[string]struct {
		inTheWay string
		labels   map[string]string // Of the namespace.
		values   []string
		says     []string // Nothing: it is not refused.
	}{
		"nothing in the way": {},
		"a CRD of another product in the group": {
			inTheWay: foreignCRD, says: []string{"clusters.spectrocloud.com (v1alpha1)", "another cluster", "delete these CustomResourceDefinitions"},
		},
		"a CRD of a group whose name ends alike": {inTheWay: anotherGroupsCRD},
		"an APIService of another product":       {inTheWay: foreignAPIService, says: []string{"v1beta1.spectrocloud.com", `Service "hub" in namespace "hub-system"`, "kubectl delete apiservice"}},
		"an APIService of another release":       {inTheWay: otherReleasesAPIService, says: []string{`release "first" in namespace "elsewhere"`, "helm upgrade"}},
		"the namespace of a Tenant":              {labels: map[string]string{"spectrocloud.com/tenant": "acme"}, says: []string{"spectrocloud.com/tenant=acme"}},
		"the namespace of a Project":             {labels: map[string]string{"spectrocloud.com/project": "web"}, says: []string{"spectrocloud.com/project=web"}},
		"a system namespace that is missing":     {values: []string{"systemNamespace=nowhere"}, says: []string{"kubectl create namespace nowhere"}},
		"an etcd that data would be left in":     {inTheWay: embedded, values: ha, says: []string{"begin with an empty etcd", "confirmModeChange=ha"}},
		"an etcd whose data has been moved":      {inTheWay: embedded, values: append([]string{"confirmModeChange=ha"}, ha...)},
		"a system namespace that would be left":  {inTheWay: installed, values: []string{"etcd.prefix=/ours"}, says: []string{"runs with --system-namespace=old here", "make it --system-namespace=preflight-"}},
		"a prefix that would be left":            {inTheWay: installed, values: []string{"systemNamespace=old"}, says: []string{"runs with --etcd-prefix=/ours here"}},
		"a volume of another size": {
			inTheWay: withAVolume, values: []string{"persistence.storageClass=fast", "persistence.size=16Gi"},
			says: []string{"with persistence.size=8Gi", `{"storage":"16Gi"}`, "kubectl delete statefulset tenancy-apiserver -n preflight-", "--cascade=orphan"},
		},
		"a volume of another class":             {inTheWay: withAVolume, values: []string{"persistence.storageClass=slow"}, says: []string{`persistence.storageClass="fast"`, "docs/backup.md"}},
		"a volume of the default class":         {inTheWay: withAVolume, says: []string{`persistence.storageClass="fast"`}},
		"a volume of the same size":             {inTheWay: withAVolume, values: []string{"persistence.storageClass=fast", "persistence.size=8Gi"}},
		"the same size in other words":          {inTheWay: withAVolume, values: []string{"persistence.storageClass=fast", "persistence.size=0.0078125Ti"}},
		"a volume whose data has been moved":    {inTheWay: withAVolume, values: append([]string{"confirmModeChange=ha"}, ha...)},
		"an installation that stays what it is": {inTheWay: installed, values: []string{"systemNamespace=old", "etcd.prefix=/ours"}},
	} {
		t.Run(name, func(t *testing.T) {
			framework.Eventually(t, "nobody to serve the group", func(ctx context.Context) error { return served(ctx, nil) })
			place := framework.Name("preflight")
			newNamespace(t, place, try.labels)
			put(t, try.inTheWay, place)
			args := chartArgs("install", try.values...)
			args = append(args, "--dry-run=server", "--namespace", place)
			_, stderr, err := helm(t, args...)
			if try.says == nil {
				require.NoError(t, err, stderr)
				return
			}
			require.Error(t, err, "it was not refused")
			for _, words := range try.says {
				assert.Contains(t, stderr, words)
			}
		})
	}
}

// served returns an error unless these are the versions of the group that kube-apiserver passes on.
func served(ctx context.Context, want []string) error {
	list, err := cluster.Admin.Dynamic.Resource(apiServices).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	var names []string
	for _, object := range list.Items {
		if strings.HasPrefix(object.GetName(), "v1") && strings.HasSuffix(object.GetName(), ".spectrocloud.com") {
			names = append(names, object.GetName())
		}
	}
	if !slices.Equal(names, want) {
		return fmt.Errorf("there are APIServices %v, not %v", names, want)
	}
	return nil
}

// put creates an object for the test, in the namespace if it is to be in one.
func put(t *testing.T, manifest, place string) {
	t.Helper()
	if manifest == "" {
		return
	}
	object := &unstructured.Unstructured{}
	require.NoError(t, yaml.Unmarshal([]byte(strings.ReplaceAll(manifest, "NAMESPACE", place)), &object.Object))
	client, known := resource(t, object)
	require.True(t, known)
	_, err := client.Create(t.Context(), object, metav1.CreateOptions{})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, client.Delete(context.Background(), object.GetName(), metav1.DeleteOptions{}))
	})
}
