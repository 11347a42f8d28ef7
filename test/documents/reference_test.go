// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/api-reference.md anew")

var (
	docs     = filepath.Join("..", "..", "docs")
	apis     = filepath.Join("..", "..", "apis", "spectrocloud")
	versions = []string{"v1alpha1", "v1beta1"}
)

func TestTheAPIReferenceIsWhatTheTypesSay(t *testing.T) {
	path := filepath.Join(docs, "api-reference.md")
	var all []*version
	for _, name := range versions {
		v, err := readVersion(filepath.Join(apis, name), name)
		require.NoError(t, err)
		all = append(all, v)
	}
	want := render(all)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
	}
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, want, string(content), "run hack/update-api-reference.sh")
}

func TestEveryFieldOfTheAPIIsDescribed(t *testing.T) {
	for _, name := range versions {
		v, err := readVersion(filepath.Join(apis, name), name)
		require.NoError(t, err)
		require.NotEmpty(t, v.kinds)
		for _, s := range v.structs {
			assert.NotEmpty(t, s.comment, "%s %s has no comment", name, s.name)
			for _, f := range s.fields {
				assert.NotEmpty(t, f.comment, "%s %s.%s has no comment", name, s.name, f.name)
			}
		}
	}
}
