// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// promptness is how long a request that fits may wait once nobody writes.
const promptness = 2 * time.Second

// books is all consumers in a place, and the limits there, while nobody writes.
type books struct {
	place
	limits  map[string]counts // By the name of the Tenant or the Project.
	objects map[id]object
}

type id struct{ project, resource, name string }

// read reads them through one server.
func (p place) read(ctx context.Context, server *framework.Person) (books, error) {
	b := books{p, map[string]counts{}, map[id]object{}}
	tenant, err := server.Tenants().Get(ctx, p.tenant, metav1.GetOptions{})
	if err != nil {
		return b, err
	}
	b.limits[p.tenant] = tenant.Spec.GPUResources.Limits
	for _, name := range p.projects {
		project, err := server.Projects(name).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return b, err
		}
		b.limits[name] = project.Spec.GPUResources.Limits
		for _, resource := range []string{workloads, pools} {
			objects, err := list(ctx, server, name, resource)
			if err != nil {
				return b, err
			}
			for _, o := range objects {
				b.objects[id{name, resource, o.Name}] = o
			}
		}
	}
	return b, nil
}

func list(ctx context.Context, server *framework.Person, project, resource string) ([]object, error) {
	data, err := server.REST().Get().Namespace(project).Resource(resource).SetHeader("Accept", "application/json").Do(ctx).Raw()
	if err != nil {
		return nil, err
	}
	var found struct{ Items []object }
	return found.Items, json.Unmarshal(data, &found)
}

func (o object) waits() bool {
	return o.Status.Phase == v1alpha1.ConsumerPending && o.DeletionTimestamp == nil
}

// sums are GPUs by the name of the Tenant or the Project and by family.
type sums map[string]map[string]int64

// sum adds up what of says over all objects.
func (b books) sum(of func(object) counts) sums {
	total := sums{b.tenant: {}}
	for id, o := range b.objects {
		if total[id.project] == nil {
			total[id.project] = map[string]int64{}
		}
		for family, n := range of(o) {
			total[id.project][family] += int64(n)
			total[b.tenant][family] += int64(n)
		}
	}
	return total
}

func (b books) used() sums { return b.sum(func(o object) counts { return o.Status.GPUUsage }) }

func (b books) pending() sums {
	return b.sum(func(o object) counts {
		if o.waits() {
			return o.Spec.asks()
		}
		return nil
	})
}

// neglected are those who wait though what they ask for is free.
func (b books) neglected() error {
	used := b.used()
	for id, o := range b.objects {
		fits := o.waits()
		for family, n := range o.Spec.asks() {
			for _, owner := range []string{b.tenant, id.project} {
				limit, limited := b.limits[owner][family]
				if !limited {
					limit, limited = b.limits[owner][otherFamilies]
				}
				fits = fits && (!limited || used[owner][family]+int64(n) <= int64(limit))
			}
		}
		if fits {
			return fmt.Errorf("%v waits for %v, but of %v only %v is used", id, o.Spec.asks(), b.limits, used)
		}
	}
	return nil
}

// requireSettled checks, once nobody writes, that nobody waits for what is free, and that each server's account of the place
// is what the objects add up to. It returns the objects.
func (p place) requireSettled(t *testing.T) books {
	t.Helper()
	ways := servers(t)
	began := time.Now()
	var b books
	framework.EventuallyWithin(t, promptness, "those who wait for what is free", func(ctx context.Context) (err error) {
		if b, err = p.read(ctx, ways[0]); err != nil {
			return err
		}
		return b.neglected()
	})
	t.Logf("settled after %.2fs: %d consumers, used %v, pending %v",
		time.Since(began).Seconds(), len(b.objects), b.used()[p.tenant], b.pending()[p.tenant])
	for i, server := range ways {
		requireAccount(t, fmt.Sprintf("server %d", i), server, b)
	}
	return b
}

// requireAccount checks gpuusage of the Tenant, and in it of each Project, against the objects.
func requireAccount(t *testing.T, through string, server *framework.Person, b books) {
	t.Helper()
	usage, err := server.Tenants().GetGPUUsage(t.Context(), b.tenant, metav1.GetOptions{})
	require.NoError(t, err)
	used, pending := sums{}, sums{}
	add := func(owner string, families []v1alpha1.FamilyUsage) {
		for _, f := range families {
			if f.Used != 0 {
				used.add(owner, f.Family, f.Used)
			}
			if f.Pending != 0 {
				pending.add(owner, f.Family, f.Pending)
			}
		}
	}
	add(b.tenant, usage.Families)
	for _, project := range usage.Projects {
		add(project.Name, project.Families)
	}
	assert.Equal(t, b.used().compact(), used, "in use, by gpuusage of %s through %s", b.tenant, through)
	assert.Equal(t, b.pending().compact(), pending, "pending, by gpuusage of %s through %s", b.tenant, through)
}

func (s sums) add(owner, family string, n int64) {
	if s[owner] == nil {
		s[owner] = map[string]int64{}
	}
	s[owner][family] += n
}

// compact drops those who have nothing.
func (s sums) compact() sums {
	for owner, families := range s {
		if len(families) == 0 {
			delete(s, owner)
		}
	}
	return s
}

// requireKept checks that every acknowledged write of the storm is there, and nothing that was taken back.
func (s *storm) requireKept(t *testing.T, b books) {
	t.Helper()
	unsure := 0
	for _, belonging := range s.belongings {
		id := id{belonging.project, belonging.resource, belonging.name}
		o, there := b.objects[id]
		delete(b.objects, id)
		told := belonging.told
		switch {
		case belonging.gone:
			assert.False(t, there, "%v was deleted", id)
		case belonging.leaving, !belonging.created:
			unsure++
		case !assert.True(t, there, "%v was acknowledged", id):
		case !assert.Equal(t, told.UID, o.UID, "%v", id):
		case belonging.unsure:
			unsure++
		default:
			assert.Equal(t, told.Spec, o.Spec, "%v", id)
			if len(told.Status.GPUUsage) > 0 {
				assert.Equal(t, told.Status.GPUUsage, o.Status.GPUUsage, "what %v was given", id)
			}
		}
	}
	for id := range b.objects {
		t.Errorf("%v is there, and nobody has made it", id)
	}
	t.Logf("%d consumers were made; of %d the last write went unanswered", len(s.belongings), unsure)
}

// requireEmptied deletes all consumers, and checks that no trace of them is in any account or in the ledger.
func (p place) requireEmptied(t *testing.T) {
	t.Helper()
	ways, began := servers(t), time.Now()
	framework.EventuallyWithin(t, convergence, "all consumers to go", func(ctx context.Context) error {
		left := 0
		for _, project := range p.projects {
			for _, resource := range []string{workloads, pools} {
				if err := ways[1].REST().Delete().Namespace(project).Resource(resource).Do(ctx).Error(); err != nil {
					return err
				}
				objects, err := list(ctx, ways[2], project, resource)
				if err != nil {
					return err
				}
				for _, o := range objects {
					_, patchErr := patch(ctx, ways[0], project, resource, o.Name, withoutFinalizers)
					err = errors.Join(err, patchErr)
				}
				if left += len(objects); err != nil {
					return err
				}
			}
		}
		if left > 0 {
			return fmt.Errorf("%d are left", left)
		}
		return nil
	})
	t.Logf("emptied in %.1fs", time.Since(began).Seconds())
	p.requireNothing(t)
}

// requireNothing checks that no GPU is held or waited for, and that no record says so.
func (p place) requireNothing(t *testing.T) {
	t.Helper()
	for i, server := range servers(t) {
		requireAccount(t, fmt.Sprintf("server %d", i), server, books{place: p})
	}
	left, err := etcd(t).Get(t.Context(), storagePrefix+"/ledger/requests/"+p.tenant+"/", clientv3.WithPrefix(), clientv3.WithKeysOnly())
	require.NoError(t, err)
	assert.Empty(t, left.Kvs, "request records of %s", p.tenant)
}
