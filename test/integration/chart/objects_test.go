// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// foreign are the kinds that other products define. The local cluster can't say whether theirs are right.
var foreign = []string{"Certificate", "Issuer", "PrometheusRule", "ServiceMonitor"}

func TestTheChartPassesLint(t *testing.T) {
	for _, values := range [][]string{nil, ha} {
		args := []string{"lint", "--strict", "--namespace", namespace, "artifacts/chart"}
		for _, value := range values {
			args = append(args, "--set", value)
		}
		mustHelm(t, args...)
	}
}

// TestKubernetesTakesEveryObject sends each of them to kube-apiserver, which refuses fields that it does not know.
func TestKubernetesTakesEveryObject(t *testing.T) {
	for _, name := range []string{namespace, "platform"} {
		newNamespace(t, name, nil)
	}
	everyShape(t, func(t *testing.T, objects []*unstructured.Unstructured, _ string) { taken(t, objects) })
}

// TestNamesThatLookLikeNumbersAreNames gives such names, and others that YAML takes for something else, wherever one may be chosen.
func TestNamesThatLookLikeNumbersAreNames(t *testing.T) {
	newNamespace(t, "123", nil)
	for _, mode := range []string{"mode=single", `mode=ha,etcd.tlsSecret=1,etcd.endpoints={https://etcd:}`} {
		taken(t, parse(t, mustHelm(t, "template", "456", "artifacts/chart", "--namespace", "123", "--set-string", mode+
			",etcd.prefix=/a:,encryption.secret=1,encryption.key=2,persistence.storageClass=1,persistence.size=1,image.pullSecrets[0].name=1"+
			",apiserver.priorityClassName=1,apiserver.podLabels.a=1,apiserver.podAnnotations.a=1,apiserver.nodeSelector.a=1,controllerManager.priorityClassName=1"+
			",image.repository=1,image.tag=2,tracing.endpoint=1:2")))
	}
}

// taken reports what kube-apiserver says against each of the objects.
func taken(t *testing.T, objects []*unstructured.Unstructured) {
	t.Helper()
	for _, object := range objects {
		what := object.GetKind() + " " + object.GetName()
		client, known := resource(t, object)
		if !known {
			assert.Contains(t, foreign, object.GetKind(), what)
			continue
		}
		_, err := client.Create(t.Context(), object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
		assert.NoError(t, err, what)
	}
}

// TestPodsAreRestricted creates a pod of each template in a namespace that admits those of level "restricted" only.
func TestPodsAreRestricted(t *testing.T) {
	restricted := framework.Name("restricted")
	newNamespace(t, restricted, map[string]string{"pod-security.kubernetes.io/enforce": "restricted"})
	for _, name := range []string{"tenancy-apiserver", "tenancy-controller-manager"} {
		_, err := cluster.Admin.Host.CoreV1().ServiceAccounts(restricted).Create(t.Context(),
			&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
		require.NoError(t, err)
	}
	everyShape(t, func(t *testing.T, objects []*unstructured.Unstructured, _ string) {
		for _, pod := range podsOf(t, objects) {
			pod.Namespace = restricted
			pod.Spec.PriorityClassName = "" // Made by a part of kube-apiserver that is not awaited here.
			_, err := cluster.Admin.Host.CoreV1().Pods(restricted).Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			assert.NoError(t, err, pod.Name)
			for _, container := range pod.Spec.Containers {
				assert.NotEmpty(t, container.Resources.Requests, pod.Name)
				assert.True(t, *container.SecurityContext.ReadOnlyRootFilesystem, pod.Name)
				assert.NotNil(t, container.StartupProbe, pod.Name)
				assert.NotNil(t, container.ReadinessProbe, pod.Name)
				assert.NotNil(t, container.LivenessProbe, pod.Name)
			}
		}
	})
}

// podsOf returns a pod of each pod template.
func podsOf(t *testing.T, objects []*unstructured.Unstructured) []*corev1.Pod {
	t.Helper()
	var pods []*corev1.Pod
	for _, object := range objects {
		template, ok := nested[map[string]any](t, object.Object, "spec", "template")
		if !ok {
			continue
		}
		pod := &corev1.Pod{}
		require.NoError(t, runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(template, pod, true))
		pod.Name = object.GetName()
		if object.GetKind() == "StatefulSet" { // Its controller adds the volume of the claim.
			pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: "data", VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data-tenancy-apiserver-0"},
			}})
		}
		pods = append(pods, pod)
	}
	require.Len(t, pods, 2)
	return pods
}

// TestNobodySkipsTLSVerification looks for every spelling of it, in whatever is rendered.
func TestNobodySkipsTLSVerification(t *testing.T) {
	everyShape(t, func(t *testing.T, objects []*unstructured.Unstructured, text string) {
		for line := range strings.Lines(text) {
			assert.NotRegexp(t, `(?i)insecure|skip-?tls|tls-?skip|--anonymous`, line)
		}
		for _, object := range objects {
			if object.GetKind() == "APIService" {
				_, found := nested[string](t, object.Object, "spec", "caBundle")
				assert.False(t, found, "%s: the chart would take away what is written and rotated by others", object.GetName())
			}
		}
	})
}

// TestPoliciesLookAtWhatTheyAreAbout: a namespaceSelector has API servers look at the namespace of every request for anything, and
// tenancy-apiserver read that of each new Project.
func TestPoliciesLookAtWhatTheyAreAbout(t *testing.T) {
	everyShape(t, func(t *testing.T, objects []*unstructured.Unstructured, _ string) {
		policies := 0
		for _, object := range objects {
			if object.GroupVersionKind().Group != "admissionregistration.k8s.io" {
				continue
			}
			policies++
			for _, path := range []string{"matchConstraints", "matchResources"} {
				_, found := nested[map[string]any](t, object.Object, "spec", path, "namespaceSelector")
				assert.False(t, found, object.GetName())
			}
		}
		assert.GreaterOrEqual(t, policies, 4, "those on Secrets and on the namespace are always there")
	})
}

// TestRolesNameWhatTheyGrant finds no star in any role, and a comment above every rule.
func TestRolesNameWhatTheyGrant(t *testing.T) {
	everyShape(t, func(t *testing.T, objects []*unstructured.Unstructured, text string) {
		roles := 0
		for _, object := range objects {
			if object.GetKind() != "ClusterRole" && object.GetKind() != "Role" {
				continue
			}
			role := &rbacv1.ClusterRole{}
			require.NoError(t, runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, role))
			for _, rule := range role.Rules {
				roles++
				for _, list := range [][]string{rule.APIGroups, rule.Resources, rule.Verbs, rule.NonResourceURLs, rule.ResourceNames} {
					assert.False(t, slices.ContainsFunc(list, func(word string) bool { return strings.Contains(word, "*") }), "%s: %v", object.GetName(), rule)
				}
			}
		}
		assert.Greater(t, roles, 10)
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			if strings.HasPrefix(line, "  - apiGroups:") || strings.HasPrefix(line, "  - nonResourceURLs:") {
				assert.Contains(t, lines[i-1], "  # ", "a rule of a role without a reason: %s %s", line, lines[i+1])
			}
		}
	})
}

// TestEveryFlagIsOneThatTheProgramHas compares the arguments with what --help lists.
func TestEveryFlagIsOneThatTheProgramHas(t *testing.T) {
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	flag := regexp.MustCompile(`--[a-z][-a-z0-9]*`)
	known := map[string][]string{}
	for _, program := range []string{"tenancy-apiserver", "tenancy-controller-manager"} {
		help, err := exec.CommandContext(t.Context(), filepath.Join(root, "bin", program), "--help").CombinedOutput()
		require.NoError(t, err, "%s", help)
		known[program] = append(flag.FindAllString(string(help), -1), "--v")
	}
	everyShape(t, func(t *testing.T, objects []*unstructured.Unstructured, _ string) {
		for _, pod := range podsOf(t, objects) {
			container := pod.Spec.Containers[0]
			assert.Equal(t, []string{"/" + pod.Name}, container.Command)
			for _, arg := range container.Args {
				name, _, _ := strings.Cut(arg, "=")
				assert.Contains(t, known[pod.Name], name, pod.Name)
			}
		}
	})
}

// TestNothingIsInTheWayOfAnUninstall finds no hook that could fail, and no finalizer that could wait for a program that has gone.
func TestNothingIsInTheWayOfAnUninstall(t *testing.T) {
	everyShape(t, func(t *testing.T, objects []*unstructured.Unstructured, text string) {
		for line := range strings.Lines(text) {
			assert.NotRegexp(t, `helm\.sh/(hook|resource-policy)`, line)
		}
		for _, object := range objects {
			assert.Empty(t, object.GetFinalizers(), object.GetName())
		}
	})
}

// TestTheAPIIsAnnouncedLast is about the order in which Helm applies: when kube-apiserver hears of the API, the programs
// and their rights are there.
func TestTheAPIIsAnnouncedLast(t *testing.T) {
	everyShape(t, func(t *testing.T, objects []*unstructured.Unstructured, _ string) {
		announced := 0
		for _, object := range objects {
			switch object.GroupVersionKind().Group {
			case "apiregistration.k8s.io":
				announced++
			case "", "apps", "policy", "rbac.authorization.k8s.io", "networking.k8s.io":
				assert.Zero(t, announced, "%s %s comes after an APIService", object.GetKind(), object.GetName())
			}
		}
		assert.Equal(t, 2, announced)
	})
}
