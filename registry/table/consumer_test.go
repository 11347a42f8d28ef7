// SPDX-License-Identifier: Apache-2.0

package table_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

type pool = spectrocloud.ComputePool

func TestWhatWaitsSaysWhereAndWhy(t *testing.T) {
	now := metav1.Now()
	place := func(resource, namespace, name string) int {
		if resource == "computepools" && namespace == "web" && name == "third" {
			return 3
		}
		return 0
	}
	convertor := table.New(table.ConsumerColumns("computepools", place, func(p *pool) table.Consumer {
		return table.Consumer{Metadata: &p.ObjectMeta, Status: &p.Status, Requested: spectrocloud.GPUCounts{"NVIDIA-H100": 2, "NVIDIA-A100": 4}}
	})...)
	waiting := []metav1.Condition{{Type: "QuotaReserved", Status: metav1.ConditionFalse, Reason: "NoRoom", Message: "4 of 64 are free"}}
	reserved := []metav1.Condition{{Type: "QuotaReserved", Status: metav1.ConditionTrue, Reason: "Reserved", Message: "all is well"}}
	const gpus = "4 NVIDIA-A100, 2 NVIDIA-H100"
	for name, tc := range map[string]struct {
		object pool
		want   []any
	}{
		"waits":      {pool{ObjectMeta: metav1.ObjectMeta{Name: "third", Namespace: "web"}, Status: spectrocloud.ConsumerStatus{Phase: "Pending", Conditions: waiting}}, []any{"third", "Pending", gpus, "3", "4 of 64 are free", "<unknown>"}},
		"not queued": {pool{ObjectMeta: metav1.ObjectMeta{Name: "new", Namespace: "web"}, Status: spectrocloud.ConsumerStatus{Phase: "Pending", Conditions: waiting}}, []any{"new", "Pending", gpus, "", "4 of 64 are free", "<unknown>"}},
		"runs":       {pool{ObjectMeta: metav1.ObjectMeta{Name: "third", Namespace: "web"}, Status: spectrocloud.ConsumerStatus{Phase: "Running", Conditions: reserved}}, []any{"third", "Running", gpus, "", "", "<unknown>"}},
		"goes": {pool{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "web", DeletionTimestamp: &now}, Status: spectrocloud.ConsumerStatus{Phase: "Running", Conditions: reserved}},
			[]any{"a", "Terminating", gpus, "", "", "<unknown>"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := convertor.ConvertToTable(context.Background(), &tc.object, nil)
			require.NoError(t, err)
			require.Len(t, got.Rows, 1)
			assert.Equal(t, tc.want, got.Rows[0].Cells)
			assert.Len(t, got.ColumnDefinitions, len(tc.want))
		})
	}
}
