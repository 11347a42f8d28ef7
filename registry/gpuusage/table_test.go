// SPDX-License-Identifier: Apache-2.0

package gpuusage

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

var (
	a100  = spectrocloud.FamilyUsage{Family: "NVIDIA-A100", Limit: new(int64(64)), Used: 60, Pending: 8, Available: new(int64(4)), RequestLimit: new(int64(8))}
	l4    = spectrocloud.FamilyUsage{Family: "NVIDIA-L4", Used: 2}
	usage = &spectrocloud.GPUUsage{
		ObjectMeta: metav1.ObjectMeta{Name: "acme", UID: "u"},
		Families:   []spectrocloud.FamilyUsage{a100, l4},
		Projects:   []spectrocloud.ProjectUsage{{Name: "web", Families: []spectrocloud.FamilyUsage{a100}}, {Name: "idle"}},
	}
)

func headers(table *metav1.Table) []string {
	var names []string
	for _, column := range table.ColumnDefinitions {
		names = append(names, column.Name)
	}
	return names
}

func TestTheUsageOfATenantIsItsOwnAndThenItsProjects(t *testing.T) {
	got, err := tableConvertor{withProjects: true}.ConvertToTable(context.Background(), usage, &metav1.TableOptions{})
	require.NoError(t, err)
	assert.Equal(t, []string{"Project", "Family", "Limit", "Used", "Pending", "Available", "Per-Request Maximum"}, headers(got))
	require.Len(t, got.Rows, 3)
	assert.Equal(t, []any{"(all)", "NVIDIA-A100", "64", int64(60), int64(8), "4", "8"}, got.Rows[0].Cells)
	assert.Equal(t, []any{"(all)", "NVIDIA-L4", "unlimited", int64(2), int64(0), "unlimited", "unlimited"}, got.Rows[1].Cells)
	assert.Equal(t, []any{"web", "NVIDIA-A100", "64", int64(60), int64(8), "4", "8"}, got.Rows[2].Cells)

	want := &spectrocloud.GPUUsage{ObjectMeta: usage.ObjectMeta, Families: []spectrocloud.FamilyUsage{l4}}
	assert.Equal(t, want, got.Rows[1].Object.Object, "a row carries its own part, so that a table grows with its rows")
	want = &spectrocloud.GPUUsage{ObjectMeta: usage.ObjectMeta, Projects: usage.Projects[:1]}
	assert.Equal(t, want, got.Rows[2].Object.Object)
}

func TestTheUsageOfAProjectNamesNoProject(t *testing.T) {
	got, err := tableConvertor{}.ConvertToTable(context.Background(), &spectrocloud.GPUUsage{Families: usage.Families}, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"Family", "Limit", "Used", "Pending", "Available", "Per-Request Maximum"}, headers(got))
	require.Len(t, got.Rows, 2)
	assert.Equal(t, []any{"NVIDIA-A100", "64", int64(60), int64(8), "4", "8"}, got.Rows[0].Cells)

	bare, err := tableConvertor{}.ConvertToTable(context.Background(), usage, &metav1.TableOptions{NoHeaders: true})
	require.NoError(t, err)
	assert.Empty(t, bare.ColumnDefinitions)
	_, err = tableConvertor{}.ConvertToTable(context.Background(), &spectrocloud.Project{}, nil)
	assert.ErrorContains(t, err, "*spectrocloud.Project")
}
