// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// key is where a workload is.
type key struct{ project, name string }

// workload is one that was created, and that nobody but its creator deletes. Its UID is unknown where no try was answered itself.
type workload struct {
	key
	uid types.UID
}

// person is one of those who use the API.
type person struct {
	load   *load
	client *framework.Person
	dice   *rand.Rand
	own    []*workload
}

// step does one of the things that people do.
func (p *person) step(ctx context.Context) {
	switch n := p.dice.IntN(100); {
	case len(p.own) < 2, n < 25 && len(p.own) < 15:
		p.create(ctx)
	case n < 45:
		p.remove(ctx)
	case n < 85:
		p.get(ctx)
	default:
		_ = p.load.try(ctx, "list", never, func(ctx context.Context) error { return p.list(ctx, p.load.projects[p.dice.IntN(2)]) })
	}
}

func never(error) bool { return false }

func (p *person) create(ctx context.Context) {
	w := &workload{key: key{p.load.projects[p.dice.IntN(2)], framework.Name("w")}}
	object := &v1alpha1.AIWorkload{ObjectMeta: metav1.ObjectMeta{Name: w.name}}
	object.Spec.GPURequests = v1alpha1.GPUCounts{family: 1 + p.dice.Int32N(3)}
	err := p.load.try(ctx, "create", apierrors.IsAlreadyExists, func(ctx context.Context) error {
		var created v1alpha1.AIWorkload
		err := p.client.REST().Post().Namespace(w.project).Resource("aiworkloads").Body(object).MaxRetries(p.load.retries).Do(ctx).Into(&created)
		if err == nil {
			w.uid = created.UID
		}
		return err
	})
	if err != nil {
		return
	}
	p.own = append(p.own, w)
	p.load.mu.Lock()
	defer p.load.mu.Unlock()
	p.load.created[w.key] = w
}

func (p *person) remove(ctx context.Context) {
	i := p.dice.IntN(len(p.own))
	w := p.own[i]
	err := p.load.try(ctx, "delete", apierrors.IsNotFound, func(ctx context.Context) error {
		return p.client.REST().Delete().Namespace(w.project).Resource("aiworkloads").Name(w.name).MaxRetries(p.load.retries).Do(ctx).Error()
	})
	p.own = slices.Delete(p.own, i, i+1)
	p.load.mu.Lock()
	defer p.load.mu.Unlock()
	delete(p.load.created, w.key)
	if err == nil {
		p.load.deleted = append(p.load.deleted, w)
	}
}

func (p *person) get(ctx context.Context) {
	w := p.own[p.dice.IntN(len(p.own))]
	_ = p.load.try(ctx, "get", never, func(ctx context.Context) error {
		return p.client.REST().Get().Namespace(w.project).Resource("aiworkloads").Name(w.name).MaxRetries(p.load.retries).Do(ctx).Error()
	})
}

func (p *person) list(ctx context.Context, project string) error {
	return p.client.REST().Get().Namespace(project).Resource("aiworkloads").MaxRetries(p.load.retries).Do(ctx).Error()
}

// requireKept checks that all that was acknowledged is there, and nothing that was deleted.
func (l *load) requireKept(t *testing.T) {
	t.Helper()
	stored := map[key]types.UID{}
	for _, project := range l.projects {
		var list v1alpha1.AIWorkloadList
		require.NoError(t, cluster.Admin.REST().Get().Namespace(project).Resource("aiworkloads").Do(t.Context()).Into(&list))
		for _, item := range list.Items {
			stored[key{project, item.Name}] = item.UID
		}
	}
	for _, w := range l.created {
		if uid := stored[w.key]; w.uid == "" {
			assert.NotEmpty(t, uid, "%v was acknowledged", w.key)
		} else {
			assert.Equal(t, w.uid, uid, "%v was acknowledged", w.key)
		}
	}
	for _, w := range l.deleted {
		assert.Empty(t, stored[w.key], "%v was deleted", w.key)
	}
	t.Logf("%d workloads are there that were acknowledged, %d are not that were deleted", len(l.created), len(l.deleted))
}
