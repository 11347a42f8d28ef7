// SPDX-License-Identifier: Apache-2.0

package validation_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// This file tries what holds for every kind, on every field that it has.

// eachString visits the strings of a spec, each by its path, with what sets it.
func eachString(obj runtime.Object, visit func(path string, set func(string))) {
	walk(reflect.ValueOf(obj).Elem().FieldByName("Spec"), "spec", visit)
}

func walk(value reflect.Value, path string, visit func(path string, set func(string))) {
	switch value.Kind() {
	case reflect.String:
		visit(path, value.SetString)
	case reflect.Pointer:
		if !value.IsNil() {
			walk(value.Elem(), path, visit)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			walk(value.Field(i), path+"."+value.Type().Field(i).Name, visit)
		}
	case reflect.Slice:
		for i := range value.Len() {
			walk(value.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.Map:
		for _, key := range value.MapKeys() {
			was := value.MapIndex(key)
			visit(path+" key", func(s string) {
				value.SetMapIndex(key, reflect.Value{})
				value.SetMapIndex(reflect.ValueOf(s), was)
			})
			if was.Kind() == reflect.String {
				visit(path+" value", func(s string) { value.SetMapIndex(key, reflect.ValueOf(s)) })
			}
		}
	}
}

// paths are those of the strings of a kind's valid object.
func paths(kind string) []string {
	var all []string
	eachString(valid()[kind], func(path string, _ func(string)) { all = append(all, path) })
	return all
}

// with is the valid object of a kind, with the string at path replaced.
func with(kind, path, text string) runtime.Object {
	obj := valid()[kind]
	eachString(obj, func(at string, set func(string)) {
		if at == path {
			set(text)
		}
	})
	return obj
}

func TestAnObjectOfEachKindIsAsItShouldBe(t *testing.T) {
	for kind, obj := range valid() {
		assert.Empty(t, create(t, obj), kind)
		assert.Empty(t, update(t, obj, obj.DeepCopyObject()), kind)
	}
}

func TestEachStringIsBoundedAndText(t *testing.T) {
	huge := strings.Repeat("\x00", 1<<20)
	for kind := range valid() {
		t.Run(kind, func(t *testing.T) {
			for _, path := range paths(kind) {
				errs := create(t, with(kind, path, huge))
				if assert.NotEmpty(t, errs, "%s may be a megabyte", path) {
					assert.Less(t, len(errs.ToAggregate().Error()), 4000, path)
				}
				// Limits are in characters: what has fewer characters than bytes meets all rules.
				for n := 1; n < 1<<16; n *= 2 {
					text := "https://" + strings.Repeat("ö", n)
					assert.NotEmpty(t, create(t, with(kind, path, text+"\x00")), "%s may have a null character after %d characters", path, n)
					assert.NotEmpty(t, create(t, with(kind, path, text+"\xff")), "%s needn't be UTF-8 after %d characters", path, n)
				}
			}
		})
	}
}

// The fixtures must have every field, or the tests here would miss some.
func TestTheValidObjectsHaveEveryField(t *testing.T) {
	for kind, obj := range valid() {
		if kind == "Tenant" || kind == "Project" || kind == "AIWorkload" {
			continue // Whose fields exclude each other, or are tried on another kind.
		}
		assert.Empty(t, unset(reflect.ValueOf(obj).Elem().FieldByName("Spec"), "spec"), kind)
	}
}

// unset are the fields that nothing within value has, by path; of a list one element is enough.
func unset(value reflect.Value, path string) []string {
	var all []string
	switch value.Kind() {
	case reflect.Bool:
	case reflect.Pointer:
		if value.IsNil() && path != "spec.ClusterVariant.Shared" {
			return []string{path}
		}
		return unset(value.Elem(), path)
	case reflect.Struct:
		if value.Type().Name() == "RawExtension" {
			return nil
		}
		for i := range value.NumField() {
			all = append(all, unset(value.Field(i), path+"."+value.Type().Field(i).Name)...)
		}
	case reflect.Slice:
		if value.Len() == 0 {
			return []string{path}
		}
		if value.Type().Elem().Kind() != reflect.Struct {
			return nil
		}
		for i := range value.Type().Elem().NumField() {
			name := value.Type().Elem().Field(i).Name
			var of []string
			for j := range value.Len() {
				of = unset(value.Index(j).Field(i), path+"[]."+name)
				if len(of) == 0 {
					break
				}
			}
			all = append(all, of...)
		}
	default:
		if value.IsValid() && value.IsZero() {
			return []string{path}
		}
	}
	return all
}

// A rule made later must never stand in the way of a label, of a finalizer or of an update of the status.
func TestNoKindsStoredSpecIsJudgedAgain(t *testing.T) {
	for kind, stored := range valid() {
		var sets []func(string)
		eachString(stored, func(_ string, set func(string)) { sets = append(sets, set) })
		for _, set := range sets {
			set("\xff")
		}
		assert.NotEmpty(t, create(t, stored), kind)
		labelled := stored.DeepCopyObject()
		labelled.(metav1.Object).SetLabels(map[string]string{"a": "b"})
		labelled.(metav1.Object).SetFinalizers([]string{"a.b/c"})
		assert.Empty(t, update(t, labelled, stored), kind)
	}
}

func TestAChangeOfAnyKindMeetsItsRules(t *testing.T) {
	for kind, stored := range valid() {
		assert.NotEmpty(t, update(t, with(kind, "spec.DisplayName", "a\nb"), stored), kind)
		renamed := stored.DeepCopyObject()
		renamed.(metav1.Object).SetName("another")
		assert.Contains(t, said(update(t, renamed, stored)), "Invalid value: metadata.name", kind)
	}
}
