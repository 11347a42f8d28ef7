// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestWrongValuesAreRefused gives one wrong value at a time.
func TestWrongValuesAreRefused(t *testing.T) {
	for value, says := range map[string]string{
		"mode=cluster":                                   "/mode",
		"replicas=3":                                     "'replicas'",
		"apiserver.replica=3":                            "'replica'",
		"apiserver.replicas=0":                           "/apiserver/replicas",
		"apiserver.replicas=two":                         "/apiserver/replicas",
		"apiserver.port=443":                             "/apiserver/port",
		"apiserver.shutdownDelaySeconds=10s":             "/apiserver/shutdownDelaySeconds",
		"apiserver.extraArgs={v=4}":                      "/apiserver/extraArgs/0",
		"apiserver.resources.request.cpu=1":              "'request'",
		"apiserver.resources.requests.cpu=lots":          "/apiserver/resources/requests/cpu",
		"controllerManager.replicas=0":                   "/controllerManager/replicas",
		"systemNamespace=Palette":                        "/systemNamespace",
		"systemNamespace=default":                        "everyone in a Project may read",
		"systemNamespace=kube-system":                    "everyone in a Project may read",
		"podSecurity.runAsUser=0":                        "/podSecurity/runAsUser",
		"persistence.size=8 GB":                          "/persistence/size",
		"persistence.whenDeleted=Keep":                   "/persistence/whenDeleted",
		"etcd.endpoints={http://etcd:2379}":              "/etcd/endpoints/0",
		"etcd.endpoints={etcd:2379}":                     "/etcd/endpoints/0",
		"etcd.prefix=tenancy":                            "/etcd/prefix",
		"etcd.prefix=/":                                  "/etcd/prefix",
		"mode=ha":                                        "etcd.endpoints is empty",
		"mode=ha,etcd.endpoints={https://etcd:2379}":     "etcd.tlsSecret is empty",
		"certificates.mode=certmanager":                  "/certificates/mode",
		"certificates.self.lifetime=90d":                 "/certificates/self/lifetime",
		"certificates.certManager.issuerRef.kind=Issuer": "/certificates/certManager/issuerRef",
		"certificates.self.lifetime=0s":                  "/certificates/self/lifetime",
		"certificates.self.lifetime=0h":                  "/certificates/self/lifetime",
		"certificates.self.caLifetime=30m":               "/certificates/self/caLifetime",
		"certificates.self.caLifetime=5000h":             "at least three times certificates.self.lifetime",
		"etcd.endpoints={https://etcd:2379}":             "set mode=ha",
		"certificates.mode=certManager,certificates.certManager.renewBefore=2160h":                                 "less than certificates.certManager.duration",
		"kubeControllerManager.extraSubjects[0].kind=ServiceAccount,kubeControllerManager.extraSubjects[0].name=a": "'namespace'",
		"certificates.certManager.renewBefore=0h":                                                                  "/certificates/certManager/renewBefore",
		`apiserver.podLabels.app\.kubernetes\.io/component=mine`:                                                   "/apiserver/podLabels",
		`controllerManager.podLabels.app\.kubernetes\.io/name=mine`:                                                "/controllerManager/podLabels",
		`apiserver.podAnnotations.spectrocloud\.com/tracing=mine`:                                                  "/apiserver/podAnnotations",
		`monitoring.rules.labels.app\.kubernetes\.io/managed-by=mine`:                                              "/monitoring/rules/labels",
		"image.tag=a b":                                                "/image/tag",
		"image.digest=abc":                                             "/image/digest",
		"image.pullPolicy=always":                                      "/image/pullPolicy",
		"tracing.endpoint=http://collector":                            "/tracing/endpoint",
		"tracing.samplingRatePerMillion=1000001":                       "/tracing/samplingRatePerMillion",
		"logging.format=xml":                                           "/logging/format",
		"encryption.key=../key":                                        "/encryption/key",
		"networkPolicy.enabled=maybe":                                  "/networkPolicy/enabled",
		"priorityAndFairness.users.nominalConcurrencyShares=0":         "/priorityAndFairness/users",
		"kubeControllerManager.extraSubjects[0].kind=Group":            "/kubeControllerManager/extraSubjects/0",
		"monitoring.serviceMonitor.prometheusServiceAccount.name=main": "/monitoring/serviceMonitor/prometheusServiceAccount",
		"global.featureFlags.systemDefaultResources=no thanks":         "/global/featureFlags/systemDefaultResources",
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			_, stderr, err := helm(t, chartArgs("template", value)...)
			require.Error(t, err, "it was accepted")
			assert.Contains(t, stderr, says)
		})
	}
}

// TestOlderKubernetes is about versions that the programs can't tell from what they were made for.
func TestOlderKubernetes(t *testing.T) {
	const flag = "--disable-admission-plugins=MutatingAdmissionPolicy"
	assert.Contains(t, mustHelm(t, append(chartArgs("template"), "--kube-version", "1.35.4")...), flag)
	assert.NotContains(t, mustHelm(t, append(chartArgs("template"), "--kube-version", "v1.36.1-gke.100")...), flag)
	_, stderr, err := helm(t, append(chartArgs("template"), "--kube-version", "1.33.9")...)
	require.Error(t, err)
	assert.Contains(t, stderr, "requires kubeVersion")
}

// TestEveryValueHasASchema walks values.yaml beside values.schema.json, where objects say what may be in them.
func TestEveryValueHasASchema(t *testing.T) {
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	read := func(name string, decode func([]byte) error) {
		data, err := os.ReadFile(filepath.Join(root, "artifacts", "chart", name))
		require.NoError(t, err)
		require.NoError(t, decode(data))
	}
	var values, schema map[string]any
	read("values.yaml", func(data []byte) error { return yaml.Unmarshal(data, &values) })
	read("values.schema.json", func(data []byte) error { return json.Unmarshal(data, &schema) })
	var walk func(path string, values, schema map[string]any)
	walk = func(path string, values, schema map[string]any) {
		properties, _ := schema["properties"].(map[string]any)
		for name, value := range values {
			property, ok := properties[name].(map[string]any)
			if !assert.True(t, ok, "%s.%s is not in the schema", path, name) {
				continue
			}
			inner, isObject := value.(map[string]any)
			if _, closed := property["properties"]; isObject && closed {
				walk(path+"."+name, inner, property)
			}
		}
		for name := range properties {
			_, documented := values[name]
			assert.True(t, documented || len(values) == 0, "%s.%s is not in values.yaml", path, name)
		}
	}
	walk("", values, schema)
}
