// SPDX-License-Identifier: Apache-2.0

package validation_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// unvalidated are the kinds without rules of their own, and why they need none.
var unvalidated = map[string]string{
	"GPUUsage":          "it is computed when it is read, and never written",
	"EffectiveSettings": "it is computed when it is read, and never written",
}

// unwritten are the kinds whose status nobody updates, and why.
var unwritten = map[string]string{"WorkloadProfile": "the server decides it once, on create"}

// called are the functions of package validation that some strategy of registry is made of.
func called(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "registry", "*", "strategy.go"))
	require.NoError(t, err)
	found := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(node ast.Node) bool {
			if selector, ok := node.(*ast.SelectorExpr); ok {
				if of, ok := selector.X.(*ast.Ident); ok && of.Name == "validation" {
					found[selector.Sel.Name] = true
				}
			}
			return true
		})
	}
	return found
}

func TestEveryKindsRulesAreAskedByItsStrategy(t *testing.T) {
	asked := called(t)
	for kind, typ := range scheme.KnownTypes(spectrocloud.SchemeGroupVersion) {
		if strings.HasSuffix(kind, "List") || !strings.HasSuffix(typ.PkgPath(), "/apis/spectrocloud") {
			continue
		}
		if reason := unvalidated[kind]; reason != "" {
			continue
		}
		assert.True(t, asked["Validate"+kind], "no strategy calls validation.Validate%s: write it, or give a reason in unvalidated", kind)
		assert.True(t, asked["Validate"+kind+"Update"], "no strategy calls validation.Validate%sUpdate", kind)
		if _, has := reflect.Zero(typ).Type().FieldByName("Status"); has && unwritten[kind] == "" {
			assert.True(t, asked["Validate"+kind+"StatusUpdate"], "no strategy calls validation.Validate%sStatusUpdate", kind)
		}
	}
}
