// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"
)

const (
	narrowestBar, widestBar = 10, 60
	// defaultWidth is that of output which goes to no terminal.
	defaultWidth = 80
	// farthest is the percentage at which bars end: what is beyond is only said.
	farthest = 200

	red, green, plain = "\x1b[31m", "\x1b[32m", "\x1b[0m"
)

// eighths are blocks of growing width.
var eighths = []rune(" ▏▎▍▌▋▊▉█")

// width is how many columns there are to write to.
func width(out io.Writer) int {
	if file, ok := out.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	if columns, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && columns > 0 {
		return columns
	}
	return defaultWidth
}

// drawBars draws a bar per row, below the name of its Tenant and its Project. All bars have their limit at the same place, so
// that they can be compared; what is above a limit is drawn beyond it.
func drawBars(out io.Writer, rows []usageRow, width int, coloured bool) error {
	names, longestName, longestFigures, axis := make([]string, len(rows)), 0, 0, int64(100)
	for i, row := range rows {
		names[i] = "  " + row.Family
		if row.project != "" {
			names[i] = "    " + row.Family
		}
		longestName, longestFigures = max(longestName, len(names[i])), max(longestFigures, len(figures(row)))
		if percent, ok := row.percent(); ok {
			axis = max(axis, percent)
		} else if row.over() > 0 {
			axis = farthest
		}
	}
	cells := min(widestBar, max(narrowestBar, width-longestName-longestFigures-4))
	limit := cells * 100 / int(min(axis, farthest))
	w := bufio.NewWriter(out)
	for i, row := range rows {
		if i == 0 || rows[i-1].tenant != row.tenant {
			fmt.Fprintln(w, row.tenant)
		}
		if row.project != "" && (i == 0 || rows[i-1].project != row.project || rows[i-1].tenant != row.tenant) {
			fmt.Fprintln(w, "  "+row.project)
		}
		drawn := bar(row, cells, limit)
		if coloured {
			drawn = colour(row, drawn)
		}
		fmt.Fprintf(w, "%-*s  %s  %s\n", longestName, names[i], drawn, figures(row))
	}
	return w.Flush()
}

// bar is cells wide. Its limit is at the end of the cell number limit, unless there is none.
func bar(row usageRow, cells, limit int) string {
	if row.Limit == nil {
		return fmt.Sprintf("%-*s", cells, unlimited)
	}
	if row.over() > 0 {
		beyond := cells - limit
		if *row.Limit > 0 {
			beyond = min(beyond, max(1, int(row.over()*int64(limit) / *row.Limit)))
		}
		return fmt.Sprintf("%-*s", cells, strings.Repeat("█", limit)+strings.Repeat("▓", beyond))
	}
	filled := 0
	if *row.Limit > 0 {
		filled = int(row.Used * int64(limit*8) / *row.Limit)
		if row.Used > 0 {
			filled = max(1, filled) // A little is not nothing.
		}
	}
	drawn := slices.Repeat([]rune{'█'}, filled/8)
	if filled%8 > 0 {
		drawn = append(drawn, eighths[filled%8])
	}
	drawn = append(drawn, slices.Repeat([]rune{'░'}, limit-len(drawn))...)
	return fmt.Sprintf("%-*s", cells, string(drawn))
}

// figures say what the bar draws, and what it can't.
func figures(row usageRow) string {
	said := fmt.Sprintf("%d used", row.Used)
	if row.Limit != nil {
		said = fmt.Sprintf("%d of %d", row.Used, *row.Limit)
		if percent, ok := row.percent(); ok {
			said += fmt.Sprintf(" (%d%%)", percent)
		}
	}
	if n := row.over(); n > 0 {
		said += fmt.Sprintf(", %d over", n)
	} else if row.Available != nil && row.Limit != nil && *row.Available != *row.Limit-row.Used {
		said += fmt.Sprintf(", %d free", *row.Available) // The Tenant has less left than the Project's limit says.
	}
	if row.Pending > 0 {
		said += fmt.Sprintf(", %d waiting", row.Pending)
	}
	return said
}

func colour(row usageRow, drawn string) string {
	switch {
	case row.over() > 0:
		return red + drawn + plain
	case row.Limit != nil:
		return green + drawn + plain
	}
	return drawn
}
