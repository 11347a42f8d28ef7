// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTailReturnsTheLastLines(t *testing.T) {
	long := strings.Repeat("x", tailBytes)
	for name, test := range map[string]struct{ log, want string }{
		"an empty log":               {"", ""},
		"fewer lines than asked for": {"a\n", "a"},
		"more lines than asked for":  {"a\nb\nc\n", "b\nc"},
		"no end to the last line":    {"a\nb\nc", "b\nc"},
		"more than is looked at":     {long + "\nb\nc\n", "b\nc"},
		"a line longer than that":    {"a" + long, long},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			require.NoError(t, os.WriteFile(path, []byte(test.log), 0o600))
			assert.Equal(t, test.want, tail(path, 2))
		})
	}
	assert.Contains(t, tail("/no/such/log", 2), "no such file")
}
