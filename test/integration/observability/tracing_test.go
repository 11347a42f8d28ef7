// SPDX-License-Identifier: Apache-2.0

package observability

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// sampled has all requests of a client belong to one trace, which is to be recorded.
type sampled struct {
	id   uuid.UUID
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (s sampled) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("traceparent", fmt.Sprintf("00-%s-00000000000000aa-01", hex.EncodeToString(s.id[:])))
	return s.next.RoundTrip(request)
}

func TestATraceFollowsACreateThroughBothAPIServersToTheDecisionAndEtcd(t *testing.T) {
	p := newPlace(t, `{"NVIDIA-A100":8}`)
	id := uuid.New()
	config := rest.CopyConfig(cluster.Config())
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return sampled{id, next} })
	client, err := versioned.NewForConfig(config)
	require.NoError(t, err)
	_, err = client.SpectrocloudV1alpha1().AIWorkloads(p.project).Create(t.Context(), workload(p.project, "traced", 3), metav1.CreateOptions{})
	require.NoError(t, err)

	var found []span
	framework.Eventually(t, "the spans", func(context.Context) error {
		found = spans.trace(id[:])
		if requests := named(found, "POST /apis/spectrocloud.com/v1alpha1/namespaces/{:namespace}/aiworkloads"); len(requests) < 2 {
			return fmt.Errorf("there are %d of 2 requests", len(requests))
		}
		for _, want := range []string{"Create", "Decide on GPUs", "Create etcd3"} {
			if len(named(found, want)) == 0 {
				return fmt.Errorf("there is no span %q among %d", want, len(found))
			}
		}
		return nil
	})
	decide := named(found, "Decide on GPUs")[0]
	require.NotEmpty(t, decide.Events)
	assert.Equal(t, "Reserved", value(decide.Events[0].Attributes, "verdict"))
	stored := named(found, "Create etcd3")
	at := slices.IndexFunc(stored, func(s span) bool { return bytes.Equal(s.ParentSpanId, decide.ParentSpanId) })
	require.GreaterOrEqual(t, at, 0, "the transaction is not beside the decision")
	assert.Contains(t, events(stored[at]), "Txn call succeeded")

	// Above the decision is the request to tenancy-apiserver, and above that the caller's to kube-apiserver.
	byID := map[string]span{}
	for _, s := range found {
		byID[string(s.SpanId)] = s
	}
	requests := 0
	for s, ok := decide, true; ok; s, ok = byID[string(s.ParentSpanId)] {
		if s.Name == "POST /apis/spectrocloud.com/v1alpha1/namespaces/{:namespace}/aiworkloads" {
			requests++
		}
	}
	assert.Equal(t, 2, requests)
}

func events(s span) (names []string) {
	for _, event := range s.Events {
		names = append(names, event.Name)
	}
	return names
}

func named(spans []span, name string) (found []span) {
	for _, s := range spans {
		if s.Name == name {
			found = append(found, s)
		}
	}
	return found
}

// place is a Tenant and its Project of a test.
type place struct{ tenant, project string }

// newPlace makes one whose Tenant has these limits.
func newPlace(t *testing.T, limits string) place {
	t.Helper()
	p := place{framework.Name("tenant"), framework.Name("project")}
	cluster.MustKubectl(t, fmt.Sprintf(`{"apiVersion":"spectrocloud.com/v1alpha1","kind":"Tenant","metadata":{"name":%q},
		"spec":{"tenantRoleMapping":{"groups":["g"]},"gpuResources":{"limits":%s}}}`, p.tenant, limits), "create", "-f", "-")
	_, err := cluster.Admin.Projects(p.project).Create(t.Context(), framework.Project(p.project, p.tenant), metav1.CreateOptions{})
	require.NoError(t, err)
	return p
}

func workload(project, name string, a100 int32) *v1alpha1.AIWorkload {
	return &v1alpha1.AIWorkload{ObjectMeta: metav1.ObjectMeta{Namespace: project, Name: name},
		Spec: v1alpha1.AIWorkloadSpec{GPURequests: v1alpha1.GPUCounts{"NVIDIA-A100": a100}}}
}
