// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestWhatIsDeletedInMassGivesBackItsGPUs deletes a collection, a namespace and what finalizers hold, all of one Tenant, in a
// storm of writers who create through apply among other things.
func TestWhatIsDeletedInMassGivesBackItsGPUs(t *testing.T) {
	quotas := v1alpha1.GPUResources{
		Limits:   counts{a100: 400, h100: 200, otherFamilies: 100},
		Requests: counts{otherFamilies: mostRequested},
	}
	whole := newPlace(t, quotas, nil, nil, nil, counts{h100: 64})
	collection, namespace, held := whole.projects[0], whole.projects[1], whole.projects[2]
	ways := everyWay(t)
	cluster.ProjectReady(t, namespace)
	fill(t, ways, collection, 2000)
	fill(t, ways, namespace, 200)
	whole.requireSettled(t)

	s := &storm{place: place{whole.tenant, whole.projects[3:]}, servers: ways, outcomes: map[string]int{}}
	var deleting, ending sync.WaitGroup
	s.rage(t, func() {
		ending.Go(func() { deleteNamespace(t, namespace) }) // Which Kubernetes takes its time for, with pauses.
		deleting.Go(func() { deleteCollection(t, ways, collection) })
		for i := range 8 {
			deleting.Go(func() { holdWithFinalizers(t, ways, held, i) })
		}
		s.progress(t, 10*writers)
		deleting.Wait()
	})
	ending.Wait()
	left := place{whole.tenant, []string{collection, held, whole.projects[3]}}
	s.requireKept(t, left.requireSettled(t))
	left.requireEmptied(t)
	requireHistory(t)
}

// fill creates workloads of one GPU each, most of which have to wait.
func fill(t *testing.T, ways []*framework.Person, project string, n int) {
	t.Helper()
	began := time.Now()
	race(writers, func(i int) {
		for ; i < n; i += writers {
			o := newObject(workloads, fmt.Sprintf("w-%d", i), counts{[]string{a100, h100, l40s}[i%3]: 1})
			_, err := create(t.Context(), ways[i%len(ways)], project, workloads, o)
			assert.NoError(t, err)
		}
	})
	t.Logf("%d created in %.1fs", n, time.Since(began).Seconds())
}

// deleteCollection deletes all workloads of a Project with one request.
func deleteCollection(t *testing.T, ways []*framework.Person, project string) {
	began := time.Now()
	assert.NoError(t, ways[1].REST().Delete().Namespace(project).Resource(workloads).Do(t.Context()).Error())
	for _, server := range ways {
		left, err := list(t.Context(), server, project, workloads)
		assert.NoError(t, err)
		assert.Zero(t, len(left), "workloads left")
	}
	t.Logf("collection deleted in %.1fs", time.Since(began).Seconds())
}

// deleteNamespace deletes the namespace of a Project, and waits until both are gone.
func deleteNamespace(t *testing.T, name string) {
	began := time.Now()
	assert.NoError(t, cluster.Admin.Host.CoreV1().Namespaces().Delete(t.Context(), name, metav1.DeleteOptions{}))
	assert.NoError(t, gone(t.Context(), func(ctx context.Context) error {
		_, err := cluster.Admin.Projects(name).Get(ctx, name, metav1.GetOptions{})
		return err
	}))
	assert.NoError(t, gone(t.Context(), func(ctx context.Context) error {
		_, err := cluster.Admin.Host.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
		return err
	}))
	t.Logf("namespace deleted in %.1fs", time.Since(began).Seconds())
}

// gone returns when get finds nothing.
func gone(ctx context.Context, get func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, convergence)
	defer cancel()
	return wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		err := get(ctx)
		return apierrors.IsNotFound(err), nil
	})
}

// holdWithFinalizers deletes what finalizers hold, and takes them off: by the status, which leaves everything as it is, and then
// as anyone may.
func holdWithFinalizers(t *testing.T, ways []*framework.Person, project string, i int) {
	for n := range rounds(5, 50) {
		server, name := ways[(i+n)%len(ways)], fmt.Sprintf("held-%d-%d", i, n)
		o := newObject(workloads, name, counts{"NVIDIA-T4": 1}) // Of which there are enough.
		o.Finalizers = []string{finalizer}
		told, err := create(t.Context(), server, project, workloads, o)
		assert.NoError(t, err)
		assert.Equal(t, o.Spec.GPURequests, told.Status.GPUUsage)
		assert.NoError(t, remove(t.Context(), server, project, workloads, name))
		dying, err := get(t.Context(), server, project, workloads, name)
		assert.NoError(t, err)
		assert.NotNil(t, dying.DeletionTimestamp)

		dying.Finalizers, dying.ResourceVersion = nil, ""
		status := server.REST().Put().Namespace(project).Resource(workloads).Name(name).SubResource("status")
		told, err = answer(t.Context(), status, dying)
		assert.NoError(t, err)
		assert.Equal(t, []string{finalizer}, told.Finalizers)
		assert.Equal(t, o.Spec.GPURequests, told.Status.GPUUsage, "what it holds until its end")

		assert.NoError(t, retry.RetryOnConflict(retry.DefaultRetry, func() error {
			now, err := get(t.Context(), server, project, workloads, name)
			if err != nil {
				return err
			}
			now.Finalizers = nil
			_, err = answer(t.Context(), server.REST().Put().Namespace(project).Resource(workloads).Name(name), now)
			return err
		}))
		_, err = get(t.Context(), server, project, workloads, name)
		assert.True(t, apierrors.IsNotFound(err), "%v", err)
	}
}

func get(ctx context.Context, server *framework.Person, project, resource, name string) (object, error) {
	return answer(ctx, server.REST().Get().Namespace(project).Resource(resource).Name(name), nil)
}
