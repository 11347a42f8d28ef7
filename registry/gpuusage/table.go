// SPDX-License-Identifier: Apache-2.0

package gpuusage

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// tableConvertor prints a GPUUsage: a row per GPU family and, if it is that of a Tenant, per Project. It implements
// rest.TableConvertor.
type tableConvertor struct{ withProjects bool }

// allProjects stands for the Tenant itself in the column of Projects. No Project can have that name.
const allProjects = "(all)"

var (
	projectColumn = metav1.TableColumnDefinition{Name: "Project", Type: "string", Description: "The Project, or " + allProjects + " for all of the Tenant."}
	familyColumns = []metav1.TableColumnDefinition{
		{Name: "Family", Type: "string", Description: "The GPU family. Default stands for every family that is not listed."},
		{Name: "Limit", Type: "string", Description: "The most that may be in use at once."},
		{Name: "Used", Type: "integer", Description: "What is in use."},
		{Name: "Pending", Type: "integer", Description: "What waiting requests ask for."},
		{Name: "Available", Type: "string", Description: "The most that may still be had."},
		{Name: "Per-Request Maximum", Type: "string", Description: "The most that one request may ask for."},
	}
)

// ConvertToTable implements rest.TableConvertor. The object of each row is the part of the usage that the row is about.
func (c tableConvertor) ConvertToTable(_ context.Context, object, options runtime.Object) (*metav1.Table, error) {
	usage, ok := object.(*spectrocloud.GPUUsage)
	if !ok {
		return nil, fmt.Errorf("can't print a %T in a table of %T", object, usage)
	}
	table := &metav1.Table{ListMeta: metav1.ListMeta{ResourceVersion: usage.ResourceVersion}}
	if opts, ok := options.(*metav1.TableOptions); !ok || !opts.NoHeaders {
		if c.withProjects {
			table.ColumnDefinitions = append(table.ColumnDefinitions, projectColumn)
		}
		table.ColumnDefinitions = append(table.ColumnDefinitions, familyColumns...)
	}
	for _, family := range usage.Families {
		part := &spectrocloud.GPUUsage{ObjectMeta: usage.ObjectMeta, Families: []spectrocloud.FamilyUsage{family}}
		table.Rows = append(table.Rows, c.row(part, allProjects, family))
	}
	if !c.withProjects {
		return table, nil
	}
	for _, project := range usage.Projects {
		for _, family := range project.Families {
			part := &spectrocloud.GPUUsage{ObjectMeta: usage.ObjectMeta,
				Projects: []spectrocloud.ProjectUsage{{Name: project.Name, Families: []spectrocloud.FamilyUsage{family}}}}
			table.Rows = append(table.Rows, c.row(part, project.Name, family))
		}
	}
	return table, nil
}

func (c tableConvertor) row(part *spectrocloud.GPUUsage, project string, family spectrocloud.FamilyUsage) metav1.TableRow {
	var cells []any
	if c.withProjects {
		cells = append(cells, project)
	}
	cells = append(cells, family.Family, unlessUnlimited(family.Limit), family.Used, family.Pending,
		unlessUnlimited(family.Available), unlessUnlimited(family.RequestLimit))
	return metav1.TableRow{Cells: cells, Object: runtime.RawExtension{Object: part}}
}

func unlessUnlimited(n *int64) string {
	if n == nil {
		return "unlimited"
	}
	return fmt.Sprint(*n)
}
