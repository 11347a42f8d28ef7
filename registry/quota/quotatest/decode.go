// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/apiserver"
)

// decoder reads stored objects of any version and media type.
var decoder = apiserver.Codecs.UniversalDecoder(spectrocloud.SchemeGroupVersion)

// claim, tenantRecord, projectRecord, request and turn are the ledger's values, as its documentation has them.
type claim struct {
	Kind string    `json:"kind"`
	Name string    `json:"name"`
	UID  types.UID `json:"uid"`
}

type tenantRecord struct {
	UID         types.UID `json:"uid"`
	Terminating bool      `json:"terminating"`
	Groups      []string  `json:"groups"`
	GPUs        gpus      `json:"gpus"`
}

type projectRecord struct {
	UID         types.UID `json:"uid"`
	Terminating bool      `json:"terminating"`
	GPUs        gpus      `json:"gpus"`
	// Tenant is that of the record's key.
	Tenant string `json:"-"`
}

type gpus struct {
	Limits   spectrocloud.GPUCounts `json:"limits"`
	Requests spectrocloud.GPUCounts `json:"requests"`
}

type turn struct {
	Server string `json:"server"`
}

type request struct {
	UID   types.UID              `json:"uid"`
	GPUs  spectrocloud.GPUCounts `json:"gpus"`
	Held  bool                   `json:"held"`
	Place int64                  `json:"place"`

	tenant   string
	revision int64
}

// place is where a waiting request stands in its Tenant's queue: smaller is older.
func (r request) place() int64 {
	if r.Place != 0 {
		return r.Place
	}
	return r.revision
}

const (
	computePools = "computepools"
	aiWorkloads  = "aiworkloads"
)

// consumerID names a ComputePool or an AIWorkload.
type consumerID struct{ resource, namespace, name string }

func (id consumerID) String() string { return id.resource + " " + id.namespace + "/" + id.name }

// consumer is what the rules depend on in a stored ComputePool or AIWorkload.
type consumer struct {
	uid                 types.UID
	deleting, suspended bool
	phase               spectrocloud.ConsumerPhase
	reserved            metav1.ConditionStatus
	// wants is what its spec has it hold or wait for, holds is what its status says that it holds.
	wants, holds spectrocloud.GPUCounts
}

func decodeConsumer(kv *mvccpb.KeyValue) (consumer, error) {
	obj, err := runtime.Decode(decoder, kv.Value)
	if err != nil {
		return consumer{}, err
	}
	accessor, err := meta.Accessor(obj)
	if err != nil {
		return consumer{}, err
	}
	c := consumer{uid: accessor.GetUID(), deleting: accessor.GetDeletionTimestamp() != nil}
	var status spectrocloud.ConsumerStatus
	switch o := obj.(type) {
	case *spectrocloud.ComputePool:
		c.suspended, c.wants, status = o.Spec.Suspend, clusterGPUs(&o.Spec.ClusterVariant), o.Status
	case *spectrocloud.AIWorkload:
		c.suspended, c.wants, status = o.Spec.Suspend, workloadGPUs(o.Spec), o.Status
	default:
		return consumer{}, fmt.Errorf("holds a %T, which asks for no GPUs", obj)
	}
	if c.suspended {
		c.wants = nil
	}
	c.phase, c.holds = status.Phase, status.GPUUsage
	for _, condition := range status.Conditions {
		if condition.Type == spectrocloud.ConditionQuotaReserved {
			c.reserved = condition.Status
		}
	}
	return c, nil
}

// workloadGPUs is what an AIWorkload is charged with, unless it is suspended.
func workloadGPUs(spec spectrocloud.AIWorkloadSpec) spectrocloud.GPUCounts {
	if spec.ComputePoolRef != nil {
		return nil
	}
	asked := maps.Clone(spec.GPURequests)
	maps.DeleteFunc(asked, func(_ string, n int32) bool { return n == 0 })
	for family, n := range clusterGPUs(spec.ClusterVariant) {
		if asked == nil {
			asked = spectrocloud.GPUCounts{}
		}
		asked[family] += n
	}
	return asked
}

// clusterGPUs is what the worker pools of a cluster have: GPUs per node, times nodes.
func clusterGPUs(variant *spectrocloud.ClusterVariant) spectrocloud.GPUCounts {
	var asked spectrocloud.GPUCounts
	if variant == nil {
		return nil
	}
	for _, deployment := range []*spectrocloud.ClusterDeployment{variant.Dedicated, variant.Shared} {
		if deployment == nil {
			continue
		}
		for _, pool := range deployment.PaletteClusterDeploymentConfig.NodePoolRequirements.WorkerPools {
			nodes := int32(1)
			if pool.NodeCount != nil {
				nodes = *pool.NodeCount
			}
			if pool.GPU == nil || pool.GPU.GPUCount*nodes == 0 {
				continue
			}
			if asked == nil {
				asked = spectrocloud.GPUCounts{}
			}
			asked[pool.GPU.Family] += pool.GPU.GPUCount * nodes
		}
	}
	return asked
}

func decodeObject[T any](kv *mvccpb.KeyValue) (*T, error) {
	object, err := runtime.Decode(decoder, kv.Value)
	if err != nil {
		return nil, err
	}
	typed, ok := any(object).(*T)
	if !ok {
		return nil, fmt.Errorf("holds a %T, not a %T", object, typed)
	}
	return typed, nil
}

// decodeRecord refuses fields that the checker does not know, since it can't check them.
func decodeRecord[T any](kv *mvccpb.KeyValue) (T, error) {
	var record T
	strict := json.NewDecoder(bytes.NewReader(kv.Value))
	strict.DisallowUnknownFields()
	err := strict.Decode(&record)
	return record, err
}
