// SPDX-License-Identifier: Apache-2.0

package seed

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// gap is what kubectl puts between two columns.
var gap = regexp.MustCompile(` {2,}`)

func headers(text string) []string {
	return gap.Split(strings.TrimSpace(strings.SplitN(text, "\n", 2)[0]), -1)
}

// columns returns a check that kubectl prints a row of these cells and an age.
func columns(row []string, args ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		out, err := cluster.KubectlCommand(ctx, nil, args...).Output()
		if err != nil {
			return err
		}
		for _, line := range strings.Split(string(out), "\n") {
			if cells := gap.Split(strings.TrimSpace(line), -1); len(cells) == len(row)+1 && slices.Equal(cells[:len(row)], row) {
				return nil
			}
		}
		return fmt.Errorf("no row %v in:\n%s", row, out)
	}
}

func TestTablesComeFromTheServer(t *testing.T) {
	_, project := pair(t)
	var table metav1.Table
	require.NoError(t, cluster.Admin.REST().Get().Namespace(project).Resource("projects").Name(project).
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").Do(t.Context()).Into(&table))
	var names []string
	for _, column := range table.ColumnDefinitions {
		names = append(names, column.Name)
		assert.NotEmpty(t, column.Description, column.Name)
	}
	assert.Equal(t, []string{"Name", "Tenant", "Display Name", "Ready", "Reason", "Age"}, names)
	require.Len(t, table.Rows, 1)
	assert.Equal(t, project, table.Rows[0].Cells[0])
}
