// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestATerminalShowsOneTextInPlaceOfAnother(t *testing.T) {
	var out bytes.Buffer
	terminal := &screen{out: &out, terminal: true, size: func() (int, int) { return 5, 10 }}
	require.NoError(t, terminal.show("one\nlonger than that\n"))
	assert.Equal(t, "\x1b[2J\x1b[Hone\x1b[K\nlonge\x1b[K\n\x1b[J", out.String())
	out.Reset()
	require.NoError(t, terminal.show("▓▓▓▓▓▓\n"))
	assert.Equal(t, "\x1b[H▓▓▓▓▓\x1b[K\n\x1b[J", out.String())
}

func TestOtherOutputIsOneTextAfterAnother(t *testing.T) {
	var out bytes.Buffer
	file := newScreen(&out)
	require.NoError(t, file.show("one longer than any terminal\n"))
	require.NoError(t, file.show("two\n"))
	assert.Equal(t, "one longer than any terminal\n\ntwo\n", out.String())
}

func TestAsManyRowsAreShownAsThereIsRoomFor(t *testing.T) {
	shown := &ranking{warnings: []string{"a warning"}}
	for i := range 30 {
		shown.standings = append(shown.standings, &standing{tenant: "acme", project: fmt.Sprintf("p%d", i)})
	}
	for name, tc := range map[string]struct{ limit, lines, rows int }{
		"all in a file": {0, 0, 30}, "as asked for": {3, 0, 3}, "as there is room for": {20, 10, 5}, "as asked for, with room for more": {3, 100, 3},
		"all, with room for some": {0, 15, 10}, "one at least": {20, 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			screen := &screen{out: &out, terminal: tc.lines > 0, size: func() (int, int) { return 80, tc.lines }}
			require.NoError(t, (&top{plugin: &plugin{}, rows: tc.limit}).draw(screen, shown, nil))
			assert.Equal(t, tc.rows, strings.Count(out.String(), "acme"))
			assert.Equal(t, tc.rows < 30, strings.Contains(out.String(), fmt.Sprintf("and %d more", 30-tc.rows)))
			assert.Contains(t, out.String(), "a warning")
			if tc.lines > 5 {
				assert.LessOrEqual(t, strings.Count(out.String(), "\n"), tc.lines-1, "it does not scroll")
			}
		})
	}
}
