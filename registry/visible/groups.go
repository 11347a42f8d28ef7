// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"slices"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/client-go/tools/cache"
)

// Field holds the groups that see an object among the fields that selectors see. No user can select by it: the kinds
// refuse what is not among their own fields, and a field selector could not spell it, for it would end at the first "=".
const Field = "visible=to"

// separator is between groups in the value of Field. It is a control character, so no group that counts has it.
const separator = "\x00"

// Index is the name of the watch cache's index by group.
var Index = storage.FieldIndex(Field)

// Groups are those that see an object: all that it names, in any order.
type Groups func(obj runtime.Object) []string

// Fields are what selectors see of an object that the groups see.
func Fields(groups []string) fields.Set {
	return fields.Set{Field: strings.Join(counting(groups), separator)}
}

// IndexFunc lets the watch cache list what a group sees without reading all.
func (g Groups) IndexFunc() cache.IndexFunc {
	return func(obj any) ([]string, error) { return counting(g(obj.(runtime.Object))), nil }
}

// counting are those of the groups that may see anything, sorted, each once. Validation refuses the others in role
// mappings; that what everybody is in ("system:authenticated") opens nothing must not depend on that alone.
func counting(groups []string) []string {
	counted := slices.DeleteFunc(slices.Clone(groups), func(group string) bool {
		return group == "" || strings.HasPrefix(group, "system:") || strings.ContainsFunc(group, unicode.IsControl)
	})
	slices.Sort(counted)
	return slices.Compact(counted)
}
