// SPDX-License-Identifier: Apache-2.0

package architecture

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "spectrocloud.com/tenancy/"

// arrows are the imports within the module that each part of the house may have, first match wins. A pattern ending in
// /... covers what is below it; {kind} stands for a folder that is named by none of the other rules.
var arrows = []struct {
	from string
	to   []string
}{
	{"apis/...", []string{"apis/..."}},
	{"generated/...", []string{"apis/spectrocloud/v1alpha1", "apis/spectrocloud/v1beta1", "generated/..."}},

	{"pkg/storage", nil},
	{"registry/quota", []string{"pkg/storage", "apis/..."}},
	{"registry/quota/quotatest", []string{"registry/quota", "pkg/storage", "apis/...", "pkg/apiserver"}},
	{"registry/table", []string{"apis/..."}},
	{"registry/strategy", []string{"apis/..."}},
	{"registry/visible", []string{"registry/kind", "pkg/storage", "apis/..."}},
	{"registry/kind", []string{"registry/strategy", "pkg/storage", "apis/..."}},
	{"registry/rest", []string{"registry/...", "pkg/storage", "apis/..."}},
	{"registry/...", []string{"registry/kind", "registry/visible", "registry/table", "registry/strategy", "registry/quota", "pkg/storage", "apis/..."}},
	{"pkg/version", nil},
	{"pkg/apiserver", []string{"registry/rest", "registry/quota", "pkg/storage", "pkg/version", "apis/...", "generated/openapi"}},

	{"pkg/access", []string{"apis/spectrocloud/v1alpha1"}},
	{"pkg/controllers", []string{"pkg/controllers/...", "pkg/access", "pkg/version", "generated/...", "apis/spectrocloud/v1alpha1", "apis/spectrocloud/v1beta1"}},
	{"pkg/controllers/...", []string{"pkg/controllers/...", "pkg/access", "generated/...", "apis/spectrocloud/v1alpha1"}},

	{"pkg/kubectlgpu", []string{"pkg/version", "generated/...", "apis/spectrocloud/..."}},
	{"pkg/localcluster", []string{"pkg/localcluster/pods"}},
	{"pkg/localcluster/pods", nil},
	{"cmd/kubectl-gpu", []string{"pkg/kubectlgpu"}},
	{"cmd/tenancy-apiserver", []string{"pkg/apiserver", "pkg/version"}},
	{"cmd/tenancy-controller-manager", []string{"pkg/controllers", "pkg/version"}},
	{"cmd/tenancy-local", []string{"pkg/localcluster"}},
	{"test/...", []string{"..."}},
}

// outside are the modules beyond the standard library that a part may import, where that matters.
var outside = map[string][]string{
	"apis/spectrocloud/fuzzer": {"k8s.io/apimachinery/", "sigs.k8s.io/randfill"},
	"apis/...":                 {"k8s.io/apimachinery/"},
	"pkg/access":               {"k8s.io/api/", "k8s.io/apimachinery/", "sigs.k8s.io/yaml"},
}

type pkg struct {
	ImportPath string
	Dir        string
	Imports    []string
	GoFiles    []string
	Standard   bool
}

// packages lists the packages of the module.
func packages(t *testing.T) []pkg {
	t.Helper()
	command := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,GoFiles", module+"...")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	require.NoError(t, err, stderr.String())
	var all []pkg
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}

// covers says whether pattern names the package.
func covers(pattern, name string) bool {
	if base, below := strings.CutSuffix(pattern, "..."); below {
		return strings.HasPrefix(name+"/", base)
	}
	return pattern == name
}

func TestImportsFollowTheArrows(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		found := slices.IndexFunc(arrows, func(a struct {
			from string
			to   []string
		}) bool {
			return covers(a.from, name)
		})
		if !assert.NotEqual(t, -1, found, "%s has no place in the house: give it one in arrows", name) {
			continue
		}
		for _, imported := range p.Imports {
			if to, internal := strings.CutPrefix(imported, module); internal {
				assert.True(t, slices.ContainsFunc(arrows[found].to, func(pattern string) bool { return covers(pattern, to) }),
					"%s imports %s, which is not among %v", name, to, arrows[found].to)
			}
		}
	}
}

func TestLeavesImportLittleFromOutside(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		allowed, limited := outside[name]
		if !limited {
			for pattern, list := range outside {
				if covers(pattern, name) {
					allowed, limited = list, true
				}
			}
		}
		for _, imported := range p.Imports {
			standard := !strings.Contains(strings.Split(imported, "/")[0], ".")
			if !limited || standard || strings.HasPrefix(imported, module) {
				continue
			}
			assert.True(t, slices.ContainsFunc(allowed, func(prefix string) bool { return strings.HasPrefix(imported, prefix) }),
				"%s imports %s: it may import %v only", name, imported, allowed)
		}
	}
}

func TestNoKindImportsAnother(t *testing.T) {
	shared := []string{"kind", "visible", "table", "strategy", "quota", "rest"}
	for _, p := range packages(t) {
		kind, below := strings.CutPrefix(p.ImportPath, module+"registry/")
		if !below || slices.Contains(shared, strings.Split(kind, "/")[0]) {
			continue
		}
		for _, imported := range p.Imports {
			if other, ok := strings.CutPrefix(imported, module+"registry/"); ok {
				assert.Contains(t, shared, path.Base(other), "registry/%s imports registry/%s", kind, other)
			}
		}
	}
}
