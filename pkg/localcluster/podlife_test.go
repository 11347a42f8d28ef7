// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/ptr"
)

func testServiceAccount(t *podTests) {
	t.create("account", shell(`echo $KUBECONFIG; exec sleep 1000`))
	pod := t.until("account", "running", running)
	eventually(t.T, "it to say where its kubeconfig is", func() bool { return strings.HasSuffix(t.said("account"), "\n") })
	config, err := clientcmd.BuildConfigFromFlags("", strings.TrimSpace(t.said("account")))
	require.NoError(t, err)
	review, err := clientset(t.T, config).AuthenticationV1().SelfSubjectReviews().Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	require.NoError(t, err)
	assert.Equal(t, "system:serviceaccount:default:default", review.Status.UserInfo.Username)
	assert.Equal(t, string(pod.UID), review.Status.UserInfo.Extra["authentication.kubernetes.io/pod-uid"][0])
	t.remove("account")
}

func testGrace(t *podTests) {
	t.create("polite", shell(`trap 'echo bye; exit' TERM; echo up; while :; do sleep 0.05; done`))
	t.create("deaf", shell(`trap '' TERM; echo up; while :; do sleep 0.05; done`))
	for _, name := range []string{"polite", "deaf"} {
		t.until(name, "running", running)
		eventually(t.T, name+" to listen", func() bool { return strings.Contains(t.said(name), "up") })
	}
	assert.GreaterOrEqual(t, t.remove("deaf"), time.Second)
	assert.Less(t, t.remove("polite"), time.Second)
	assert.Equal(t, "up\nbye\n", t.said("polite"))
}

func testProbes(t *podTests) {
	spec := etcdPod()
	spec.Containers[0].ReadinessProbe = &corev1.Probe{
		PeriodSeconds: 1, ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/nowhere", Port: intstr.FromInt32(2379)}},
	}
	spec.Containers[0].LivenessProbe = &corev1.Probe{
		PeriodSeconds: 1, FailureThreshold: 2,
		ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/nowhere", Port: intstr.FromInt32(2379)}},
	}
	spec.Containers[0].Args[0] = "--data-dir=/mnt/data/stuck"
	t.create("stuck", spec)
	pod := t.until("stuck", "started again", func(p *corev1.Pod) bool {
		s := p.Status.ContainerStatuses
		return len(s) == 1 && s[0].RestartCount >= 1 && s[0].State.Running != nil
	})
	assert.False(t, pod.Status.ContainerStatuses[0].Ready)
	t.remove("stuck")
}

func testUnsupported(t *podTests) {
	missing, withInit := shell(""), shell("")
	missing.Containers[0].Command = []string{"nginx"}
	withInit.InitContainers = withInit.Containers
	withInit.Containers = shell("true").Containers
	withInit.InitContainers[0].Name = "init"
	for name, test := range map[string]struct {
		spec corev1.PodSpec
		want string
	}{"missing": {missing, "has no program nginx"}, "init": {withInit, "init containers are not run here"}} {
		t.create(name, test.spec)
		t.until(name, "waiting, and to say why", func(p *corev1.Pod) bool {
			s := p.Status.ContainerStatuses
			return len(s) == 1 && s[0].State.Waiting != nil && strings.Contains(s[0].State.Waiting.Message, test.want)
		})
		t.remove(name)
	}
}

// The watchdog is there for what Pods' processes have started in turn; see TestNothingOutlivesAParentThatIsKilled.
func TestPodsEndWithAParentThatIsKilledAndRunAgainInTheNextCluster(t *testing.T) {
	dir, binDir := t.TempDir(), withShell(t)
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentDir+"="+dir, parentPods+"="+binDir)
	stdout, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	t.Cleanup(func() { _ = parent.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "started: <nil>\n", line)

	config, err := clientcmd.BuildConfigFromFlags("", kubeconfigIn(dir))
	require.NoError(t, err)
	tests := &podTests{t, &Cluster{options: Options{Dir: dir}}, clientset(t, config)}
	spec := shell(`echo up; sleep 1000 & wait`)
	spec.AutomountServiceAccountToken = ptr.To(false)
	tests.create("orphan", spec)
	tests.until("orphan", "running", running)
	eventually(t, "it to be up", func() bool { return tests.said("orphan") == "up\n" })
	var mine []process
	for _, child := range children(t, parent.Process.Pid) {
		mine = append(append(mine, child), children(t, child.pid)...)
	}
	require.Contains(t, fmt.Sprint(mine), "sleep 1000")
	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	eventually(t, "all processes to end", func() bool { return len(alive(t, mine)) == 0 })

	options := plain(dir)
	options.BinDir, options.Pods = binDir, true
	tests.cluster = startCluster(t, options)
	tests.client = clientset(t, tests.cluster.Config())
	eventually(t, "the Pod to run again", func() bool { return tests.said("orphan") == "up\nup\n" })
	require.NoError(t, tests.cluster.Stop())
	left, err := os.ReadDir(filepath.Join(dir, "pods"))
	require.NoError(t, err)
	assert.Empty(t, left)
}
