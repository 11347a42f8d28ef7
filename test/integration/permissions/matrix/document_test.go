// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/permissions.md anew")

func TestTheDocumentIsTheMatrix(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "docs", "permissions.md")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(Document()), 0o644))
	}
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, Document(), string(content), "run go test ./test/integration/permissions/matrix -update")
}

func TestEveryActionHasARowInTheProject(t *testing.T) {
	for _, section := range Sections {
		for _, action := range section.Actions {
			resource, verb := action.Parts()
			assert.NotEmpty(t, InProject(resource)[0], action.Title)
			assert.Contains(t, Verbs, verb, action.Title)
		}
	}
}

func TestEveryRowSaysALevelOfEverybody(t *testing.T) {
	known := []Level{None, Hidden, Create, Read, ReadCreate, Change, Manage}
	for _, place := range Places {
		for _, row := range place.Rows {
			for _, person := range People {
				assert.Contains(t, known, row.Levels[person], "%s: %s: %s", place.Title, row.Resource, person.Title())
			}
			assert.Equal(t, None, row.Levels[Nobody], "%s: %s", place.Title, row.Resource)
		}
	}
}

func TestNoLevelDeletesInBulk(t *testing.T) {
	for _, level := range []Level{None, Hidden, Create, Read, ReadCreate, Change, Manage} {
		assert.Equal(t, Denied, level.Answer("deletecollection"))
	}
}
