// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// shapes are sets of values that between them render every line of the chart's templates.
var shapes = map[string][]string{
	"single": nil,
	"ha":     ha,
	"bare": {
		"networkPolicy.enabled=false", "priorityAndFairness.enabled=false", "isolation.admissionPolicies.enabled=false", "controllerManager.replicas=1",
		"global.featureFlags.systemDefaultResources=false", "apiserver.resources.limits=null",
	},
	"cert-manager": {"certificates.mode=certManager"},
	"cert-manager with an issuer of yours": append([]string{
		"certificates.mode=certManager", "certificates.certManager.issuerRef.name=ours", "certificates.certManager.issuerRef.kind=ClusterIssuer",
	}, ha...),
	"everything": append([]string{
		"systemNamespace=platform", "image.digest=sha256:" + strings.Repeat("0a", 32), "image.pullSecrets[0].name=registry",
		"apiserver.replicas=1", "apiserver.shutdownDelaySeconds=0", "apiserver.port=10250", "apiserver.extraArgs={--audit-log-path=-,--goaway-chance=0.001}",
		"apiserver.extraVolumes[0].name=audit,apiserver.extraVolumes[0].configMap.name=audit",
		"apiserver.extraVolumeMounts[0].name=audit,apiserver.extraVolumeMounts[0].mountPath=/etc/audit",
		"apiserver.extraEnv[0].name=GOMEMLIMIT,apiserver.extraEnv[0].value=1GiB",
		"apiserver.podLabels.team=platform", "apiserver.podAnnotations.team=platform", "apiserver.priorityClassName=system-cluster-critical",
		"apiserver.nodeSelector.disk=ssd", "apiserver.tolerations[0].operator=Exists", "apiserver.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key=metadata.name,apiserver.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].operator=In,apiserver.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values={one}",
		"controllerManager.extraArgs={--concurrent-syncs=8}", "controllerManager.podLabels.team=platform", "controllerManager.podAnnotations.team=platform",
		"controllerManager.extraVolumes[0].name=scratch,controllerManager.extraVolumes[0].emptyDir.sizeLimit=1Mi",
		"controllerManager.extraVolumeMounts[0].name=scratch,controllerManager.extraVolumeMounts[0].mountPath=/scratch",
		"encryption.secret=encryption", "tracing.endpoint=collector.observability:4317", "logging.verbosity=4", "logging.format=text",
		"networkPolicy.apiserverFrom[0].ipBlock.cidr=10.0.0.0/28", "networkPolicy.controllerManagerFrom[0].namespaceSelector.matchLabels.team=monitoring",
		"kubeControllerManager.extraSubjects[0].kind=User,kubeControllerManager.extraSubjects[0].name=gke-controllers",
		"monitoring.serviceMonitor.enabled=true", "monitoring.serviceMonitor.labels.prometheus=main",
		"monitoring.serviceMonitor.prometheusServiceAccount.name=prometheus,monitoring.serviceMonitor.prometheusServiceAccount.namespace=monitoring",
		"monitoring.rules.enabled=true", "monitoring.rules.labels.prometheus=main", "monitoring.dashboard.enabled=true",
	}, ha...),
	"single, with a volume that goes": {"persistence.whenDeleted=Delete", "persistence.storageClass=fast", "encryption.secret=encryption"},
}

// ha are the values without which the shape "ha" has no etcd.
var ha = []string{"mode=ha", "etcd.endpoints={https://etcd-0.etcd:2379,https://etcd-1.etcd:2379}", "etcd.tlsSecret=etcd-client"}

// render returns the objects of the chart with these values, in the order in which Helm applies them, and their text.
func render(t *testing.T, values ...string) ([]*unstructured.Unstructured, string) {
	t.Helper()
	text := mustHelm(t, chartArgs("template", values...)...)
	return parse(t, text), text
}

// parse returns the objects of a manifest.
func parse(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader([]byte(text)), 4<<10)
	var objects []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if err == io.EOF {
			require.NotEmpty(t, objects)
			return objects
		}
		require.NoError(t, err)
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// everyShape runs a test for each shape of the chart.
func everyShape(t *testing.T, test func(t *testing.T, objects []*unstructured.Unstructured, text string)) {
	t.Helper()
	for name, values := range shapes {
		t.Run(name, func(t *testing.T) {
			objects, text := render(t, values...)
			test(t, objects, text)
		})
	}
}

// nested returns what is at a path of the object, as a value of that type; ok is false where there is nothing.
func nested[T any](t *testing.T, object map[string]any, path ...string) (value T, ok bool) {
	t.Helper()
	found, ok, err := unstructured.NestedFieldNoCopy(object, path...)
	require.NoError(t, err)
	if ok {
		value, ok = found.(T)
		require.True(t, ok, "%v is a %T", path, found)
	}
	return value, ok
}
