// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"maps"
	"slices"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// TenantUsage is how the GPUs of a Tenant, and of each of its Projects, are used at this moment: with all that any server
// has acknowledged. It costs one read of etcd's revision and O(Projects × families).
func (l *Ledger) TenantUsage(ctx context.Context, tenant string) (*spectrocloud.GPUUsage, error) {
	return l.usage(ctx, tenant, func(a *account, usage *spectrocloud.GPUUsage) {
		pending := quota.Sums{}
		for _, name := range slices.Sorted(maps.Keys(a.projects)) {
			project := a.projects[name]
			for family, n := range project.pending {
				pending[family] += n
			}
			usage.Projects = append(usage.Projects, spectrocloud.ProjectUsage{Name: name, Families: quota.Usage(project.pending, a.committed(name)...)})
		}
		usage.Families = quota.Usage(pending, a.level())
	})
}

// ProjectUsage is how the GPUs of a Project of tenant are used at this moment, as TenantUsage.
func (l *Ledger) ProjectUsage(ctx context.Context, tenant, project string) (*spectrocloud.GPUUsage, error) {
	return l.usage(ctx, tenant, func(a *account, usage *spectrocloud.GPUUsage) {
		usage.Families = quota.Usage(a.project(project).pending, a.committed(project)...)
	})
}

func (l *Ledger) usage(ctx context.Context, tenant string, fill func(*account, *spectrocloud.GPUUsage)) (*spectrocloud.GPUUsage, error) {
	if err := l.view.now(ctx); err != nil {
		return nil, err
	}
	a, err := l.view.lockCurrent(ctx, tenant)
	if err != nil {
		return nil, err
	}
	defer l.view.mu.Unlock()
	usage := &spectrocloud.GPUUsage{ObjectMeta: metav1.ObjectMeta{ResourceVersion: strconv.FormatInt(l.view.revision, 10)}}
	fill(a, usage)
	return usage, nil
}

// Position is the place of a consumer in the queue of its Tenant: how many that ask for a GPU family that it asks for come
// before it, and itself. It is 0 if the consumer does not wait.
func (l *Ledger) Position(resource, namespace, name string) int {
	l.view.mu.Lock()
	defer l.view.mu.Unlock()
	a := l.view.accounts[l.view.tenants[namespace]]
	if a == nil {
		return 0
	}
	r := a.requests[requestKey{namespace, resource, name}]
	if r == nil || r.Held {
		return 0
	}
	return a.waiting.position(r)
}
