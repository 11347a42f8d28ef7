// SPDX-License-Identifier: Apache-2.0

package table_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

type tenant = spectrocloud.Tenant

var convertor = table.New(
	table.Column[tenant]{Name: "Display Name", Description: "d", Cell: func(t *tenant) any { return t.Spec.DisplayName }},
	table.Column[tenant]{Name: "Projects", Type: "integer", Wide: true, Cell: func(t *tenant) any { return t.Status.Projects }},
)

func acme() tenant {
	return tenant{
		ObjectMeta: metav1.ObjectMeta{Name: "acme", ResourceVersion: "7", CreationTimestamp: metav1.NewTime(time.Now().Add(-2 * time.Hour))},
		Spec:       spectrocloud.TenantSpec{DisplayName: "Acme"}, Status: spectrocloud.TenantStatus{Projects: 3},
	}
}

func TestARowHasNameColumnsAndAge(t *testing.T) {
	object := acme()
	got, err := convertor.ConvertToTable(context.Background(), &object, nil)
	require.NoError(t, err)
	require.Len(t, got.Rows, 1)
	assert.Equal(t, []any{"acme", "Acme", int32(3), "120m"}, got.Rows[0].Cells)
	assert.Equal(t, "7", got.ResourceVersion)

	var names []string
	for _, column := range got.ColumnDefinitions {
		names = append(names, column.Name)
		assert.NotEmpty(t, column.Type)
	}
	assert.Equal(t, []string{"Name", "Display Name", "Projects", "Age"}, names)
	assert.Equal(t, int32(1), got.ColumnDefinitions[2].Priority, "a wide column is shown on demand only")
}

func TestAListKeepsItsPlaceInTheTable(t *testing.T) {
	remaining := int64(5)
	list := &spectrocloud.TenantList{
		ListMeta: metav1.ListMeta{ResourceVersion: "9", Continue: "next", RemainingItemCount: &remaining}, Items: []tenant{acme(), acme()},
	}
	got, err := convertor.ConvertToTable(context.Background(), list, &metav1.TableOptions{NoHeaders: true})
	require.NoError(t, err)
	assert.Len(t, got.Rows, 2)
	assert.Empty(t, got.ColumnDefinitions)
	assert.Equal(t, list.ListMeta, got.ListMeta)
}

func TestAnObjectOfAnotherKindIsAnErrorAndNoPanic(t *testing.T) {
	_, err := convertor.ConvertToTable(context.Background(), &spectrocloud.Project{}, nil)
	assert.ErrorContains(t, err, "*spectrocloud.Project")
}

func TestReadyIsTheConditionUnlessTheObjectIsGoing(t *testing.T) {
	conditions := []metav1.Condition{{Type: "Ready", Status: metav1.ConditionFalse, Reason: "NamespaceExists"}}
	now := metav1.Now()
	assert.Equal(t, "Unknown", table.Ready(&metav1.ObjectMeta{}, nil))
	assert.Equal(t, "False", table.Ready(&metav1.ObjectMeta{}, conditions))
	assert.Equal(t, "Terminating", table.Ready(&metav1.ObjectMeta{DeletionTimestamp: &now}, conditions))
	assert.Equal(t, "NamespaceExists", table.Reason(conditions, "Ready"))
	conditions[0].Status = metav1.ConditionTrue
	assert.Empty(t, table.Reason(conditions, "Ready"), "there is no reason to give for what is ready")
}
