// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned/scheme"
)

// resources are those whose objects ask for GPUs, with what people call one.
var resources = []struct{ name, kind string }{{"aiworkloads", workloadKind}, {"computepools", poolKind}}

const workloadKind, poolKind = "aiworkload", "computepool"

// consumer is an AIWorkload or a ComputePool.
type consumer struct {
	runtime.Object
	kind      string
	meta      *metav1.ObjectMeta
	status    *v1alpha1.ConsumerStatus
	requested spectrocloud.GPUCounts
	// position is its place in the queue, counted from 1; 0 if it does not wait.
	position int
}

// name is how kubectl gets it.
func (c *consumer) name() string { return c.kind + "/" + c.meta.Name }

func (c *consumer) waits() bool { return c.status.Phase == v1alpha1.ConsumerPending }

// reserved is its condition QuotaReserved, and the time since it has been as it is.
func (c *consumer) reserved() metav1.Condition {
	if condition := meta.FindStatusCondition(c.status.Conditions, v1alpha1.ConditionQuotaReserved); condition != nil {
		return *condition
	}
	return metav1.Condition{LastTransitionTime: c.meta.CreationTimestamp}
}

func (c *consumer) since() time.Time { return c.reserved().LastTransitionTime.Time }

// asTable asks for the rows that kubectl get prints, each with its object: only there is the place in the queue.
const asTable = "application/json;as=Table;g=meta.k8s.io;v=v1"

// consumers are those of a namespace, or of all, that the field selector selects; with an error, those that were read before.
func (c *client) consumers(ctx context.Context, namespace, selector string) ([]*consumer, error) {
	var found []*consumer
	for _, resource := range resources {
		selected := metav1.ListOptions{FieldSelector: selector}
		of, err := all[*consumer](ctx, selected, func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			answer := c.tenancy.RESTClient().Get().NamespaceIfScoped(namespace, namespace != metav1.NamespaceAll).Resource(resource.name).
				VersionedParams(&options, scheme.ParameterCodec).Param("includeObject", string(metav1.IncludeObject)).
				SetHeader("Accept", asTable).Do(ctx)
			if err := answer.Error(); err != nil { // Raw's would lack the reason.
				return nil, err
			}
			raw, err := answer.Raw()
			if err != nil {
				return nil, err
			}
			table := &metav1.Table{}
			if err := json.Unmarshal(raw, table); err != nil {
				return nil, fmt.Errorf("reading a table of %s: %w", resource.name, err)
			}
			return consumersOf(table, resource.kind)
		})
		if err != nil {
			return found, err
		}
		found = append(found, of...)
	}
	return found, nil
}

// consumersOf are those in the rows of a table.
func consumersOf(table *metav1.Table, kind string) (*metainternalversion.List, error) {
	queue := slices.IndexFunc(table.ColumnDefinitions, func(d metav1.TableColumnDefinition) bool { return d.Name == "Queue" })
	list := &metainternalversion.List{ListMeta: table.ListMeta}
	for _, row := range table.Rows {
		found, err := newConsumer(kind, row.Object.Raw)
		if err != nil {
			return nil, err
		}
		if queue >= 0 && queue < len(row.Cells) {
			if place, ok := row.Cells[queue].(string); ok && place != "" {
				if found.position, err = strconv.Atoi(place); err != nil {
					return nil, fmt.Errorf("%s has a place in the queue that is no number: %w", found.name(), err)
				}
			}
		}
		list.Items = append(list.Items, found)
	}
	return list, nil
}

// newConsumer reads an AIWorkload or a ComputePool.
func newConsumer(kind string, raw []byte) (*consumer, error) {
	if kind == poolKind {
		pool, hub := &v1alpha1.ComputePool{}, &spectrocloud.ComputePool{}
		if err := json.Unmarshal(raw, pool); err != nil {
			return nil, fmt.Errorf("reading a ComputePool: %w", err)
		}
		err := v1alpha1.Convert_v1alpha1_ComputePool_To_spectrocloud_ComputePool(pool, hub, nil)
		return &consumer{Object: pool, kind: kind, meta: &pool.ObjectMeta, status: &pool.Status, requested: quota.RequestedByPool(hub)}, err
	}
	workload, hub := &v1alpha1.AIWorkload{}, &spectrocloud.AIWorkload{}
	if err := json.Unmarshal(raw, workload); err != nil {
		return nil, fmt.Errorf("reading an AIWorkload: %w", err)
	}
	err := v1alpha1.Convert_v1alpha1_AIWorkload_To_spectrocloud_AIWorkload(workload, hub, nil)
	return &consumer{Object: workload, kind: kind, meta: &workload.ObjectMeta, status: &workload.Status, requested: quota.RequestedByWorkload(hub)}, err
}

// fewProjects are read one by one; for more, all namespaces are asked for at once first, which only some people may.
const fewProjects = 3

// consumersIn are the consumers of these Projects, and the names of those Projects that the caller may not read.
func (c *client) consumersIn(ctx context.Context, projects []string, selector string) (found []*consumer, unread []string, err error) {
	if len(projects) > fewProjects {
		everywhere, err := c.consumers(ctx, metav1.NamespaceAll, selector)
		if !apierrors.IsForbidden(err) {
			wanted := sets.New(projects...)
			return slices.DeleteFunc(everywhere, func(one *consumer) bool { return !wanted.Has(one.meta.Namespace) }), nil, err
		}
	}
	in := make([][]*consumer, len(projects))
	forbidden := make([]bool, len(projects))
	err = each(ctx, projects, func(ctx context.Context, i int, project string) (err error) {
		in[i], err = c.consumers(ctx, project, selector)
		if forbidden[i] = apierrors.IsForbidden(err); forbidden[i] {
			return nil
		}
		return err
	})
	for i, project := range projects {
		if forbidden[i] {
			unread = append(unread, project)
		}
	}
	return slices.Concat(in...), unread, err
}
