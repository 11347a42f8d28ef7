// SPDX-License-Identifier: Apache-2.0

package install

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// uids is every object of ours with its UID.
const uids = `jsonpath={range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.uid}{"\n"}{end}`

// populate makes the quickstart's Tenant, Project and workloads, and returns what is stored with its UIDs.
func populate(t *testing.T) string {
	t.Helper()
	cluster.MustKubectl(t, "", "apply", "-f", filepath.Join(root, "artifacts", "samples", "quickstart"))
	cluster.MustKubectl(t, "", "wait", "--for=condition=Ready", "tenant/acme", "project/vision", "--namespace=vision", "--timeout=30s")
	return stored(t)
}

// stored returns every Tenant, Project and AIWorkload of the quickstart with its UID.
func stored(t *testing.T) string {
	t.Helper()
	return cluster.MustKubectl(t, "", "get", "tenants,projects,aiworkloads", "--namespace=vision", "-o", uids)
}

// caBundles returns whom kube-apiserver trusts to be our API.
func caBundles(t *testing.T) string {
	t.Helper()
	bundles := cluster.MustKubectl(t, "", "get", "apiservices", "v1alpha1.spectrocloud.com", "v1beta1.spectrocloud.com", "-o",
		`jsonpath={range .items[*]}{.spec.caBundle}{"\n"}{end}`)
	require.Greater(t, len(bundles), 100)
	return bundles
}

// availability is what somebody saw who kept asking.
type availability struct {
	asked    int
	failures []string
	gap      time.Duration // The longest time without an answer.
}

// keepAsking reads and writes the quickstart's Tenant until the returned function is called. Nothing is tried twice.
func keepAsking(t *testing.T) (stop func() availability) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var seen availability
	var asking sync.WaitGroup
	asking.Go(func() {
		answered := time.Now()
		for ctx.Err() == nil {
			seen.asked++
			if err := ask(ctx, seen.asked); ctx.Err() == nil && err != nil {
				seen.failures = append(seen.failures, fmt.Sprintf("%s: %v", time.Now().Format("05.000"), err))
			} else if err == nil {
				seen.gap, answered = max(seen.gap, time.Since(answered)), time.Now()
			}
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		seen.gap = max(seen.gap, time.Since(answered))
	})
	return func() availability { cancel(); asking.Wait(); return seen }
}

// ask reads the Tenant, or every second time writes it.
func ask(ctx context.Context, nth int) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request := cluster.Admin.REST().Get()
	if nth%2 == 0 {
		request = cluster.Admin.REST().Patch(types.MergePatchType).VersionedParams(&metav1.PatchOptions{}, metav1.ParameterCodec).
			Body(fmt.Appendf(nil, `{"metadata":{"annotations":{"asked":"%d"}}}`, nth))
	}
	return request.Resource("tenants").Name("acme").MaxRetries(0).Do(ctx).Error()
}
