// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/localcluster"
)

const (
	burstWriters = 64
	bursts       = 5
	burstFamily  = "NVIDIA-A100"
)

// burstLimits are how many GPUs there are for all that ask for one at once: several times as many.
var burstLimits = []int32{8, 100}

func burstNamespace(peer string, limit int32, burst int) string {
	return fmt.Sprintf("burst-%s-%d-%d", peer, limit, burst)
}

// webhookLimits are what the webhook enforces, by namespace.
func webhookLimits() map[string]v1alpha1.GPUCounts {
	limits := map[string]v1alpha1.GPUCounts{quotaHooked: plenty}
	for _, limit := range burstLimits {
		for burst := range bursts {
			limits[burstNamespace("webhook", limit, burst)] = v1alpha1.GPUCounts{burstFamily: limit}
		}
	}
	return limits
}

// measureBursts prints how many GPUs come to be in use when many writers ask for one at once.
func measureBursts(b *testing.B, cluster *localcluster.Cluster) {
	fmt.Printf("\n| limit, writers, requests | | in use after each burst | most above the limit |\n| --- | --- | --- | --- |\n")
	for _, limit := range burstLimits {
		var ours, theirs []int
		for burst := range bursts {
			ours = append(ours, burstOfWorkloads(b, cluster, limit, burst))
			theirs = append(theirs, burstOfCustom(b, cluster, limit, burst))
		}
		title := fmt.Sprintf("%d, %d, %d", limit, burstWriters, burstWriters*perWriter(limit))
		printBursts(title, "tenancy", limit, ours)
		printBursts("", "CRD, webhook", limit, theirs)
		for _, used := range ours {
			assert.EqualValues(b, limit, used, "GPUs in use in a Project that may use %d", limit)
		}
		b.ReportMetric(float64(slices.Max(theirs)-int(limit)), fmt.Sprintf("overshoot-of-%d", limit))
	}
}

func printBursts(title, peer string, limit int32, used []int) {
	fmt.Printf("| %s | %s | %s | %d |\n", title, peer, strings.Trim(fmt.Sprint(used), "[]"), slices.Max(used)-int(limit))
}

// perWriter has at least twice as many requests as there are GPUs.
func perWriter(limit int32) int { return max(1, int(2*limit+burstWriters-1)/burstWriters) }

// burst lets all writers create at once, and returns how many creates were not refused.
func burst(b *testing.B, client workloadCreator, template *v1alpha1.AIWorkload, limit int32) int {
	b.Helper()
	var created atomic.Int64
	var writers sync.WaitGroup
	begin := make(chan struct{})
	for writer := range burstWriters {
		writers.Go(func() {
			<-begin
			for i := range perWriter(limit) {
				object := *template
				object.Name = fmt.Sprintf("burst-%02d-%02d", writer, i)
				_, err := client.Create(b.Context(), &object, metav1.CreateOptions{})
				if err == nil {
					created.Add(1)
				} else if !apierrors.IsForbidden(err) {
					b.Error(err)
				}
			}
		})
	}
	close(begin)
	writers.Wait()
	return int(created.Load())
}

// burstOfWorkloads returns how many GPUs are held in a new Project after a burst in it.
func burstOfWorkloads(b *testing.B, cluster *localcluster.Cluster, limit int32, number int) int {
	b.Helper()
	project := burstNamespace("project", limit, number)
	createProject(b, cluster, tenantName, project, v1alpha1.GPUCounts{burstFamily: limit})
	client := workloadClient(b, cluster.Config(), project)
	created := burst(b, client, newWorkload(b, v1alpha1.SchemeGroupVersion.String(), v1alpha1.GPUCounts{burstFamily: 1}), limit)
	assert.Equal(b, burstWriters*perWriter(limit), created, "a request that has to wait is accepted")
	list, err := client.List(b.Context(), metav1.ListOptions{})
	require.NoError(b, err)
	used := 0
	for _, workload := range list.Items {
		used += int(workload.Status.GPUUsage[burstFamily])
	}
	return used
}

// burstOfCustom returns how many GPUs were let through to a new namespace in a burst.
func burstOfCustom(b *testing.B, cluster *localcluster.Cluster, limit int32, number int) int {
	b.Helper()
	namespace := burstNamespace("webhook", limit, number)
	createNamespace(b, cluster, namespace)
	client := customWorkloadClient(b, cluster.Config(), namespace)
	created := burst(b, client, newWorkload(b, customGroupVersion.String(), v1alpha1.GPUCounts{burstFamily: 1}), limit)
	list, err := client.List(b.Context(), metav1.ListOptions{})
	require.NoError(b, err)
	require.Len(b, list.Items, created)
	return created
}
