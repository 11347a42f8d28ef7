// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

const introduction = `# API reference

Written from the types by hack/update-api-reference.sh; don't edit it. %s is the same, from a cluster. Fields that are not marked required may be left out. Rules that span fields or
objects are in [GPU quota](gpu-quota.md), [workloads](workloads.md) and [access](access.md).

`

// render writes the reference: first what there is, then per version the kinds, then their parts.
func render(versions []*version) string {
	var page strings.Builder
	fmt.Fprintf(&page, introduction, "`kubectl explain`")
	page.WriteString("| kind | version | |\n|---|---|---|\n")
	for _, v := range versions {
		for _, kind := range v.kinds {
			fmt.Fprintf(&page, "| %s | `spectrocloud.com/%s` | %s |\n", v.link(kind), v.name, v.structs[kind].comment)
		}
	}
	for _, v := range versions {
		for _, kind := range v.kinds {
			v.section(&page, v.structs[kind])
		}
		for _, name := range slices.Sorted(maps.Keys(v.structs)) {
			if !slices.Contains(v.kinds, name) {
				v.section(&page, v.structs[name])
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v.aliases)) {
			v.aliasSection(&page, v.aliases[name])
		}
	}
	return page.String()
}

// section is about a kind or a part of one.
func (v *version) section(page *strings.Builder, s *structure) {
	fmt.Fprintf(page, "\n## %s %s\n\n%s\n\n", s.name, v.name, s.comment)
	if slices.Contains(v.kinds, s.name) {
		fmt.Fprintf(page, "`apiVersion: spectrocloud.com/%s`, `kind: %s`, %s.\n\n", v.name, s.name, s.scope)
	}
	page.WriteString("| field | type | | |\n|---|---|---|---|\n")
	for _, f := range s.fields {
		fmt.Fprintf(page, "| `%s` | %s | %s | %s |\n", f.name, v.link(f.goType), strings.Join(v.notes(f), "; "), cell(f.comment))
	}
}

// notes are whether a field is required, its default, and its rules.
func (v *version) notes(f field) (notes []string) {
	if f.required {
		notes = append(notes, "**required**")
	}
	if f.defaults != "" {
		notes = append(notes, "default `"+f.defaults+"`")
	}
	return append(notes, f.rules...)
}

// aliasSection is about a named type that is no struct.
func (v *version) aliasSection(page *strings.Builder, a *alias) {
	fmt.Fprintf(page, "\n## %s %s\n\n%s\n\nA `%s`", a.name, v.name, a.comment, a.of)
	if len(a.values) > 0 {
		fmt.Fprintf(page, ", one of `%s`", strings.Join(a.values, "`, `"))
	}
	page.WriteString(".\n")
}

// kubernetes are types of Kubernetes' own that fields have.
var kubernetes = map[string]string{
	"metav1.ObjectMeta": "[ObjectMeta](https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/)",
	"metav1.Condition":  "[Condition](conditions.md)",
	"metav1.Time":       "time", "runtime.RawExtension": "any object",
}

// link is a type, with a link to where it is described.
func (v *version) link(of string) string {
	if inner, ok := strings.CutPrefix(of, "[]"); ok {
		return "list of " + v.link(inner)
	}
	if key, value, ok := strings.Cut(strings.TrimPrefix(of, "map["), "]"); ok && strings.HasPrefix(of, "map[") {
		return "map of " + v.link(key) + " to " + v.link(value)
	}
	if known, ok := kubernetes[of]; ok {
		return known
	}
	if v.structs[of] != nil || v.aliases[of] != nil {
		return fmt.Sprintf("[%s](#%s-%s)", of, strings.ToLower(of), v.name)
	}
	return of
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
