// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	link    = regexp.MustCompile(`\]\(([^)#\s]*)(?:#([^)\s]+))?\)`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are what the headings of a page are linked by.
func anchors(t *testing.T, path string) (found []string) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	for line := range strings.Lines(string(content)) {
		if title := strings.TrimLeft(line, "#"); title != line {
			found = append(found, strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), ""), " ", "-"))
		}
	}
	return found
}

func TestLinksBetweenDocumentsLeadSomewhere(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(docs, "*.md"))
	require.NoError(t, err)
	for _, page := range append(pages, filepath.Join("..", "..", "README.md")) {
		content, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, found := range link.FindAllStringSubmatch(string(content), -1) {
			target, anchor := page, found[2]
			if strings.Contains(found[1], "://") {
				continue
			}
			if found[1] != "" {
				target = filepath.Join(filepath.Dir(page), found[1])
			}
			if _, err := os.Stat(target); !assert.NoError(t, err, "%s: %s", filepath.Base(page), found[0]) {
				continue
			}
			if anchor != "" {
				assert.Contains(t, anchors(t, target), anchor, "%s: %s", filepath.Base(page), found[0])
			}
		}
	}
}
