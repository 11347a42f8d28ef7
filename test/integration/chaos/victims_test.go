// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// victim is a sort of process of the installation.
type victim struct {
	what string
	// kill ends one of them with SIGKILL, and returns when it has been started again and is ready.
	kill func(t *testing.T, dice *rand.Rand)
}

func victims() []victim {
	return []victim{
		{"tenancy-apiserver", func(t *testing.T, dice *rand.Rand) { killPod(t, dice, "apiserver") }},
		{"tenancy-controller-manager", func(t *testing.T, dice *rand.Rand) { killPod(t, dice, "controller-manager") }},
		{"etcd member", func(t *testing.T, dice *rand.Rand) { killComponent(t, etcdMember(dice.IntN(members))) }},
		{"kube-apiserver", func(t *testing.T, _ *rand.Rand) { killKubeAPIServer(t) }},
	}
}

// killComponent kills a process that its machine starts again.
func killComponent(t *testing.T, name string) {
	t.Helper()
	component := cluster.Component(name)
	assert.NoError(t, component.Kill())
	assert.NoError(t, component.Restart(t.Context()))
}

// killKubeAPIServer kills kube-apiserver, and returns when it passes on requests again. It calls itself ready only when it has gone
// through all the roles that it brings, which on a busy machine takes minutes.
func killKubeAPIServer(t *testing.T) {
	t.Helper()
	component := cluster.Component(localcluster.KubeAPIServer)
	assert.NoError(t, component.Kill())
	ctx, served := context.WithCancel(t.Context())
	defer served()
	go func() {
		for ctx.Err() == nil {
			if _, err := cluster.Admin.Tenants().List(ctx, metav1.ListOptions{}); err == nil {
				served()
			}
			pause(ctx, 100*time.Millisecond)
		}
	}()
	if err := component.Restart(ctx); ctx.Err() == nil {
		assert.NoError(t, err)
	}
}

// killPod kills the process of one of the Pods, which the node starts again in its place.
func killPod(t *testing.T, dice *rand.Rand, component string) {
	t.Helper()
	all, err := pods(t.Context(), component)
	if !assert.NoError(t, err) || !assert.NotEmpty(t, all) {
		return
	}
	pod := all[dice.IntN(len(all))]
	process, err := processOf(&pod)
	if !assert.NoError(t, err) {
		return
	}
	assert.NoError(t, syscall.Kill(process, syscall.SIGKILL))
	framework.EventuallyWithin(t, convergence, "the Pod to be restarted", func(ctx context.Context) error {
		all, err := pods(ctx, component)
		if err != nil {
			return err
		}
		for _, now := range all {
			if now.UID == pod.UID && restarts(&now) == restarts(&pod) {
				return errors.New(now.Name + " has not been restarted")
			}
			if len(now.Status.ContainerStatuses) == 0 || !now.Status.ContainerStatuses[0].Ready {
				return errors.New(now.Name + " is not ready")
			}
		}
		return nil
	})
}

func restarts(pod *corev1.Pod) int32 {
	if len(pod.Status.ContainerStatuses) == 0 {
		return 0
	}
	return pod.Status.ContainerStatuses[0].RestartCount
}

// processOf finds the process of a Pod, which runs in the Pod's folder.
func processOf(pod *corev1.Pod) (int, error) {
	folder := filepath.Join(cluster.Dir(), "pods", string(pod.UID))
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		return 0, err
	}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == folder {
			return strconv.Atoi(filepath.Base(filepath.Dir(link)))
		}
	}
	return 0, fmt.Errorf("no process runs in %s", folder)
}

// killing is one kill and what people noticed of it.
type killing struct {
	what     string
	at       time.Time
	restored time.Duration // Until the process was ready again.
}

// kill kills one process after another, each when the one before is back, until the time is over and there was each sort.
func kill(ctx context.Context, t *testing.T, span time.Duration) (killings []killing) {
	dice := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	all := victims()
	over := time.Now().Add(span)
	for i := 0; ctx.Err() == nil && (time.Now().Before(over) || i < len(all)); i++ {
		if i%len(all) == 0 {
			dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		}
		victim := all[i%len(all)]
		began := time.Now()
		victim.kill(t, dice)
		killings = append(killings, killing{victim.what, began, time.Since(began)})
		pause(ctx, time.Second) // Of peace, in which everyone should succeed.
	}
	return killings
}

// reportKillings logs, of each sort of process, how long there were failures after it was killed.
func (l *load) reportKillings(t *testing.T, killings []killing) {
	t.Helper()
	for _, victim := range victims() {
		var n, noticed int
		var recovery, restored []time.Duration
		for i, k := range killings {
			if k.what != victim.what {
				continue
			}
			next := l.began.Add(l.took)
			if i+1 < len(killings) {
				next = killings[i+1].at
			}
			last := time.Duration(0)
			for _, f := range l.failed {
				if f.at.After(k.at) && f.at.Before(next) {
					last = max(last, f.at.Sub(k.at))
				}
			}
			n++
			if last > 0 {
				noticed++
			}
			recovery, restored = append(recovery, last), append(restored, k.restored)
		}
		t.Logf("%-27s killed %d times, noticed %d times; last failure after: median %s, longest %s; ready again after: median %s, longest %s", victim.what, n, noticed,
			middle(recovery), longest(recovery), middle(restored), longest(restored))
	}
}
