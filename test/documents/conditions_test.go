// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// constants returns the strings that constants of the source below dir hold, if their names are wanted.
func constants(t *testing.T, dir string, wanted func(path, name string) bool) []string {
	t.Helper()
	found := map[string]bool{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, name := range spec.Names {
				if !wanted(filepath.ToSlash(path), name.Name) || i >= len(spec.Values) {
					continue
				}
				if literal, ok := spec.Values[i].(*ast.BasicLit); ok && literal.Kind == token.STRING {
					found[strings.Trim(literal.Value, `"`)] = true
				}
			}
			return true
		})
		return nil
	}))
	return slices.Sorted(maps.Keys(found))
}

func TestEveryConditionAndReasonIsDocumentedAndNoOther(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(docs, "conditions.md"))
	require.NoError(t, err)
	found := func(pattern string) []string {
		all := map[string]bool{}
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(content), -1) {
			all[match[1]] = true
		}
		return slices.Sorted(maps.Keys(all))
	}
	root := filepath.Join("..", "..")

	types := constants(t, apis, func(_, name string) bool { return strings.HasPrefix(name, "Condition") })
	require.NotEmpty(t, types)
	headings := slices.DeleteFunc(found(`(?m)^## (\w+)$`), func(heading string) bool { return heading == "Events" })
	assert.Equal(t, types, headings, "condition types, and headings of docs/conditions.md")

	reason := regexp.MustCompile(`^(reason[A-Z]|tooManyGroups$)`)
	var reasons []string
	for _, dir := range []string{filepath.Join(root, "pkg", "controllers"), filepath.Join(root, "registry")} {
		reasons = append(reasons, constants(t, dir, func(path, name string) bool {
			return strings.HasSuffix(path, "controllers/status/reasons.go") || reason.MatchString(name)
		})...)
	}
	slices.Sort(reasons)
	reasons = slices.Compact(reasons)
	require.Greater(t, len(reasons), 20)
	assert.Equal(t, reasons, found("(?m)^\\| `([A-Z][A-Za-z]+)` \\|"), "reasons in the source, and in docs/conditions.md")
}
