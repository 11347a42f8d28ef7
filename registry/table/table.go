// SPDX-License-Identifier: Apache-2.0

// Package table prints objects as the rows that kubectl get shows. Each kind
// declares its columns in a table.go of its own.
package table

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metatable "k8s.io/apimachinery/pkg/api/meta/table"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Column is one column between the name and the age of a T.
type Column[T any] struct {
	Name        string
	Description string
	// Type is an OpenAPI type; string if empty.
	Type string
	// Wide columns are shown by kubectl get -o wide only.
	Wide bool
	Cell func(*T) any
}

// Convertor is a rest.TableConvertor for Ts and lists of them.
type Convertor[T any] struct{ columns []Column[T] }

// New returns a convertor that prints name, columns and age.
func New[T any](columns ...Column[T]) Convertor[T] { return Convertor[T]{columns} }

var metadataDoc = metav1.ObjectMeta{}.SwaggerDoc()

// ConvertToTable implements rest.TableConvertor.
func (c Convertor[T]) ConvertToTable(_ context.Context, object, options runtime.Object) (*metav1.Table, error) {
	table := &metav1.Table{}
	if list, err := meta.ListAccessor(object); err == nil {
		table.ResourceVersion, table.Continue, table.RemainingItemCount = list.GetResourceVersion(), list.GetContinue(), list.GetRemainingItemCount()
	} else if single, err := meta.CommonAccessor(object); err == nil {
		table.ResourceVersion = single.GetResourceVersion()
	}
	if opts, ok := options.(*metav1.TableOptions); !ok || !opts.NoHeaders {
		table.ColumnDefinitions = c.definitions()
	}
	var err error
	table.Rows, err = metatable.MetaToTableRow(object, func(obj runtime.Object, _ metav1.Object, name, age string) ([]any, error) {
		typed, ok := obj.(any).(*T)
		if !ok {
			return nil, fmt.Errorf("can't print a %T in a table of %T", obj, new(T))
		}
		cells := []any{name}
		for _, column := range c.columns {
			cells = append(cells, column.Cell(typed))
		}
		return append(cells, age), nil
	})
	return table, err
}

func (c Convertor[T]) definitions() []metav1.TableColumnDefinition {
	definitions := []metav1.TableColumnDefinition{{Name: "Name", Type: "string", Format: "name", Description: metadataDoc["name"]}}
	for _, column := range c.columns {
		definition := metav1.TableColumnDefinition{Name: column.Name, Type: "string", Description: column.Description}
		if column.Type != "" {
			definition.Type = column.Type
		}
		if column.Wide {
			definition.Priority = 1
		}
		definitions = append(definitions, definition)
	}
	return append(definitions, metav1.TableColumnDefinition{Name: "Age", Type: "string", Description: metadataDoc["creationTimestamp"]})
}

// Ready is the status of the Ready condition, or Terminating for an object that is being deleted.
func Ready(object *metav1.ObjectMeta, conditions []metav1.Condition) string {
	if object.DeletionTimestamp != nil {
		return "Terminating"
	}
	if ready := meta.FindStatusCondition(conditions, "Ready"); ready != nil {
		return string(ready.Status)
	}
	return string(metav1.ConditionUnknown)
}

// Reason is why a condition does not hold, in a word; empty if it does or is not there.
func Reason(conditions []metav1.Condition, of string) string { return unmet(conditions, of).Reason }

// Message is the same in a sentence.
func Message(conditions []metav1.Condition, of string) string { return unmet(conditions, of).Message }

func unmet(conditions []metav1.Condition, of string) metav1.Condition {
	if condition := meta.FindStatusCondition(conditions, of); condition != nil && condition.Status != metav1.ConditionTrue {
		return *condition
	}
	return metav1.Condition{}
}
