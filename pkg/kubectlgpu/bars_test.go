// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// family is how one is used; a negative limit is none.
func family(name string, limit, used, pending int64) v1alpha1.FamilyUsage {
	usage := v1alpha1.FamilyUsage{Family: name, Used: used, Pending: pending}
	if limit >= 0 {
		usage.Limit, usage.Available = &limit, new(max(0, limit-used))
	}
	return usage
}

func drawn(t *testing.T, width int, coloured bool, rows ...usageRow) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, drawBars(&out, rows, width, coloured))
	return out.String()
}

func TestBarsOfWithinTheirLimitsFillTheTerminal(t *testing.T) {
	tight := family("A100", 64, 10, 0)
	tight.Available = new(int64(4))
	assert.Equal(t, `acme
  A100    ██████████████████▊░░░░░░░░░░░  40 of 64 (62%), 8 waiting
  L4      no limit                        3 used
  web
    A100  ████▋░░░░░░░░░░░░░░░░░░░░░░░░░  10 of 64 (15%), 4 free
globex
  H100    ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  0 of 0
`, drawn(t, 67, false,
		usageRow{"acme", "", family("A100", 64, 40, 8)}, usageRow{"acme", "", family("L4", -1, 3, 0)},
		usageRow{"acme", "web", tight}, usageRow{"globex", "", family("H100", 0, 0, 0)}))
}

func TestWhatIsAboveItsLimitIsDrawnBeyondIt(t *testing.T) {
	assert.Equal(t, `acme
  A100  ████████████████████▓▓▓▓▓  50 of 40 (125%), 10 over, 4 waiting
  H100  ██████████░░░░░░░░░░       20 of 40 (50%)
`, drawn(t, 70, false, usageRow{"acme", "", family("A100", 40, 50, 4)}, usageRow{"acme", "", family("H100", 40, 20, 0)}))
}

func TestBarsAreHonestAtTheirEnds(t *testing.T) {
	for name, tc := range map[string]struct {
		row  usageRow
		want string
	}{
		"a little is not nothing":               {usageRow{FamilyUsage: family("f", 1_000_000, 1, 0)}, "▏░░░░░░░░░"},
		"almost all is not all":                 {usageRow{FamilyUsage: family("f", 1_000_000, 999_999, 0)}, "█████████▉"},
		"all is all":                            {usageRow{FamilyUsage: family("f", 3, 3, 0)}, "██████████"},
		"nothing is nothing":                    {usageRow{FamilyUsage: family("f", 3, 0, 0)}, "░░░░░░░░░░"},
		"a bar that nothing limits is not full": {usageRow{FamilyUsage: family("f", -1, 1000, 0)}, "no limit  "},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tc.want, bar(tc.row, 10, 10)) })
	}
	assert.Equal(t, "█████▓    ", bar(usageRow{FamilyUsage: family("f", 1000, 1001, 0)}, 10, 5), "a little too much is too much")
	assert.Equal(t, "█████▓▓▓▓▓", bar(usageRow{FamilyUsage: family("f", 1, 100, 0)}, 10, 5), "what is beyond the bar is said")
	assert.Equal(t, "█████▓▓▓▓▓", bar(usageRow{FamilyUsage: family("f", 0, 1, 0)}, 10, 5), "of a limit of 0")
}

func TestBarsHaveOneWidthWhateverTheyShow(t *testing.T) {
	for _, width := range []int{20, 40, 77, 80, 200} {
		text := drawn(t, width, false, usageRow{"acme", "", family("A100", 40, 50, 4)}, usageRow{"acme", "", family("H100", 7, 3, 0)},
			usageRow{"acme", "", family("L4", -1, 3, 0)}, usageRow{"acme", "web", family("L4", 0, 3, 0)})
		at := map[int]bool{}
		for line := range strings.Lines(text) {
			if before, _, ok := strings.Cut(line, " of "); ok {
				last := strings.LastIndex(before, "  ")
				at[utf8.RuneCountInString(before[:last])] = true
			}
			if width >= 77 {
				assert.LessOrEqual(t, utf8.RuneCountInString(line), width+1, line)
			}
		}
		assert.Len(t, at, 1, text)
	}
}

func TestOnlyTerminalsGetColours(t *testing.T) {
	rows := []usageRow{{"acme", "", family("A100", 4, 5, 0)}, {"acme", "", family("H100", 4, 4, 0)}, {"acme", "", family("L4", -1, 3, 0)}}
	assert.NotContains(t, drawn(t, 80, false, rows...), "\x1b")
	lines := strings.Split(drawn(t, 80, true, rows...), "\n")
	assert.Contains(t, lines[1], red)
	assert.Contains(t, lines[2], green)
	assert.NotContains(t, lines[3], "\x1b")
}
