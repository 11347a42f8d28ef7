// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"
)

// withShell returns a folder with the module's programs and a shell, which Pods can run as well.
func withShell(t *testing.T) (binDir string) {
	t.Helper()
	binDir = t.TempDir()
	for _, program := range []string{"etcd", "kube-apiserver", "kube-controller-manager"} {
		require.NoError(t, os.Symlink(filepath.Join(moduleBin(), program), filepath.Join(binDir, program)))
	}
	require.NoError(t, os.Symlink("/bin/sh", filepath.Join(binDir, "sh")))
	return binDir
}

// shell returns what runs a script, with a grace of a second.
func shell(script string, volumes ...corev1.Volume) corev1.PodSpec {
	container := corev1.Container{Name: "sh", Image: "none", Command: []string{"sh", "-c", script}}
	for _, volume := range volumes {
		container.VolumeMounts = append(container.VolumeMounts, corev1.VolumeMount{Name: volume.Name, MountPath: "/mnt/" + volume.Name})
		container.Env = append(container.Env, corev1.EnvVar{Name: strings.ToUpper(volume.Name), Value: "/mnt/" + volume.Name})
	}
	return corev1.PodSpec{
		Containers: []corev1.Container{container}, Volumes: volumes, TerminationGracePeriodSeconds: ptr.To[int64](1),
	}
}

// podTests is what the tests of Pods share.
type podTests struct {
	*testing.T
	cluster *Cluster
	client  *kubernetes.Clientset
}

func (t *podTests) create(name string, spec corev1.PodSpec) {
	t.Helper()
	_, err := t.client.CoreV1().Pods("default").Create(t.Context(),
		&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}, metav1.CreateOptions{})
	require.NoError(t, err)
}

// until waits until the Pod is as wanted, and returns it.
func (t *podTests) until(name, what string, wanted func(*corev1.Pod) bool) (pod *corev1.Pod) {
	t.Helper()
	eventually(t.T, name+" to be "+what, func() bool {
		var err error
		pod, err = t.client.CoreV1().Pods("default").Get(t.Context(), name, metav1.GetOptions{})
		return err == nil && wanted(pod)
	})
	return pod
}

func running(pod *corev1.Pod) bool { return pod.Status.Phase == corev1.PodRunning }

// remove deletes a Pod, waits until it is gone, and returns how long that took.
func (t *podTests) remove(name string) time.Duration {
	t.Helper()
	began := time.Now()
	require.NoError(t, t.client.CoreV1().Pods("default").Delete(t.Context(), name, metav1.DeleteOptions{}))
	eventually(t.T, name+" to be gone", func() bool {
		_, err := t.client.CoreV1().Pods("default").Get(t.Context(), name, metav1.GetOptions{})
		return err != nil
	})
	return time.Since(began)
}

// said returns what the Pod's container sh has printed.
func (t *podTests) said(name string) string {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(t.cluster.logDir(), "pods", "default", name, "sh.log"))
	require.NoError(t, err)
	return string(log)
}

// processesOf returns the processes of this cluster whose command has that in it.
func (t *podTests) processesOf(command string) []process {
	t.Helper()
	return slices.DeleteFunc(children(t.T, os.Getpid()), func(p process) bool { return !strings.Contains(p.command, command) })
}

func TestPodsRunAsProcesses(t *testing.T) {
	options := plain(t.TempDir())
	options.BinDir, options.Pods = withShell(t), true
	cluster := startCluster(t, options)
	client := clientset(t, cluster.Config())
	for name, test := range map[string]func(*podTests){
		"a Deployment's Pods come, come back, are replaced and go":  testDeployment,
		"Secrets are waited for and followed":                       testSecret,
		"a claim's data outlives the Pod, and goes with the claim":  testClaim,
		"a Pod is its service account":                              testServiceAccount,
		"who ignores SIGTERM is killed after the grace":             testGrace,
		"readiness is asked for, and liveness ends a stuck process": testProbes,
		"what is not to be had is said":                             testUnsupported,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(&podTests{t, cluster, client}) })
	}
}

func testDeployment(t *podTests) {
	labels := map[string]string{"app": "etcd"}
	deployments := t.client.AppsV1().Deployments("default")
	_, err := deployments.Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "etcd"},
		Spec: appsv1.DeploymentSpec{
			Replicas: ptr.To[int32](3), Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: etcdPod()},
		},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = t.client.CoreV1().Services("default").Create(t.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "etcd"},
		Spec: corev1.ServiceSpec{Selector: labels, Ports: []corev1.ServicePort{
			{Name: "http", Port: 80, TargetPort: intstr.FromString("http")},
		}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	available := func(generation int64) func() bool {
		return func() bool {
			d, err := deployments.Get(t.Context(), "etcd", metav1.GetOptions{})
			return err == nil && d.Status.ObservedGeneration >= generation && d.Status.UpdatedReplicas == 3 &&
				d.Status.AvailableReplicas == 3 && d.Status.Replicas == 3
		}
	}
	eventually(t.T, "three Pods", available(1))
	first := t.processesOf("/data/etcd ")
	require.Len(t, first, 3)
	body, err := t.client.CoreV1().RESTClient().Get().AbsPath("/api/v1/namespaces/default/services/etcd:http/proxy/health").DoRaw(t.Context())
	require.NoError(t, err, "kube-apiserver reaches the Pods")
	assert.JSONEq(t, `{"health":"true","reason":""}`, string(body))

	require.NoError(t, syscall.Kill(first[0].pid, syscall.SIGKILL))
	eventually(t.T, "the one that was killed to be back", func() bool {
		pods, err := t.client.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{LabelSelector: "app=etcd"})
		return err == nil && slices.ContainsFunc(pods.Items, func(p corev1.Pod) bool {
			s := p.Status.ContainerStatuses
			return len(s) == 1 && s[0].RestartCount == 1 && s[0].Ready && s[0].LastTerminationState.Terminated.ExitCode == 128+9
		})
	})
	patch := []byte(`{"spec":{"template":{"metadata":{"annotations":{"new":"one"}}}}}`)
	d, err := deployments.Patch(t.Context(), "etcd", types.StrategicMergePatchType, patch, metav1.PatchOptions{})
	require.NoError(t, err)
	eventually(t.T, "three new Pods and none of the old", available(d.Generation))
	eventually(t.T, "the old processes to end", func() bool { return len(alive(t.T, first)) == 0 })

	require.NoError(t, deployments.Delete(t.Context(), "etcd", metav1.DeleteOptions{PropagationPolicy: ptr.To(metav1.DeletePropagationBackground)}))
	eventually(t.T, "no process", func() bool { return len(t.processesOf("/data/etcd ")) == 0 })
}

// etcdPod is an etcd that listens on its Pod's address and keeps its data in the Pod.
func etcdPod() corev1.PodSpec {
	spec := shell("", corev1.Volume{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}})
	c := &spec.Containers[0]
	c.Command = []string{"/usr/local/bin/etcd"}
	c.Args = []string{
		"--data-dir=/mnt/data/etcd", "--listen-client-urls=http://$(POD_IP):2379", "--advertise-client-urls=http://$(POD_IP):2379",
		"--listen-peer-urls=http://$(POD_IP):2380", "--heartbeat-interval=20", "--election-timeout=200", "--unsafe-no-fsync",
	}
	c.Ports = []corev1.ContainerPort{{Name: "http", ContainerPort: 2379}}
	c.ReadinessProbe = &corev1.Probe{
		PeriodSeconds: 1, ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/readyz", Port: intstr.FromString("http")}},
	}
	return spec
}

func testSecret(t *podTests) {
	secrets := t.client.CoreV1().Secrets("default")
	t.create("secret", shell(`cat $S/a $S/b; echo; while :; do [ "$(cat $S/a $S/b)" = 22 ] && echo followed && exec sleep 1000; sleep 0.1; done`,
		corev1.Volume{Name: "s", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "later"}}}))
	t.until("secret", "waiting, and to say for what", func(p *corev1.Pod) bool {
		s := p.Status.ContainerStatuses
		return p.Status.Phase == corev1.PodPending && len(s) == 1 && strings.Contains(s[0].State.Waiting.Message, `secret "later" not found`)
	})
	secret, err := secrets.Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "later"}, StringData: map[string]string{"a": "1", "b": "1"},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	t.until("secret", "running", running)
	secret.StringData = map[string]string{"a": "2", "b": "2"}
	_, err = secrets.Update(t.Context(), secret, metav1.UpdateOptions{})
	require.NoError(t, err)
	eventually(t.T, "the change to arrive", func() bool { return t.said("secret") == "11\nfollowed\n" })
	t.remove("secret")
}

func testClaim(t *podTests) {
	claims := t.client.CoreV1().PersistentVolumeClaims("default")
	_, err := claims.Create(t.Context(), &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "c"},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
		},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	volume := corev1.Volume{Name: "c", VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "c"},
	}}
	for _, want := range []string{"1\n", "1\n2\n"} {
		spec := shell(`n=$(cat $C/lines 2>/dev/null | wc -l); echo $((n+1)) >> $C/lines; cat $C/lines`, volume)
		spec.RestartPolicy = corev1.RestartPolicyNever
		t.create("claim", spec)
		t.until("claim", "done", func(p *corev1.Pod) bool { return p.Status.Phase == corev1.PodSucceeded })
		assert.True(t, strings.HasSuffix(t.said("claim"), want), "%q", t.said("claim"))
		t.remove("claim")
	}
	claim, err := claims.Get(t.Context(), "c", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, corev1.ClaimBound, claim.Status.Phase)
	require.NoError(t, claims.Delete(context.Background(), "c", metav1.DeleteOptions{}))
	eventually(t.T, "the data to go", func() bool {
		_, err := os.Stat(filepath.Join(t.cluster.Dir(), "claims", string(claim.UID)))
		return os.IsNotExist(err)
	})
}
