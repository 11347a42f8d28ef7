// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"
	"k8s.io/cli-runtime/pkg/printers"
)

const (
	clearScreen, home, restOfLine, restOfScreen = "\x1b[2J", "\x1b[H", "\x1b[K", "\x1b[J"
	// aroundRows are the lines that are neither rows nor warnings: the time, the headers, how many more there are, the cursor's.
	aroundRows = 4
)

// screen shows one text in place of another, if it is a terminal, and else one after the other.
type screen struct {
	out           io.Writer
	terminal      bool
	size          func() (columns, lines int)
	anythingShown bool
}

func newScreen(out io.Writer) *screen {
	s := &screen{out: out, size: func() (int, int) { return 0, 0 }}
	if file, ok := out.(*os.File); ok && printers.AllowsColorOutput(out) {
		s.terminal = term.IsTerminal(int(file.Fd()))
		s.size = func() (int, int) {
			columns, lines, err := term.GetSize(int(file.Fd()))
			if err != nil {
				return 0, 0
			}
			return columns, lines
		}
	}
	return s
}

// show shows text, cut to the columns of a terminal.
func (s *screen) show(text string) error {
	if !s.terminal {
		if s.anythingShown {
			text = "\n" + text
		}
		s.anythingShown = true
		_, err := io.WriteString(s.out, text)
		return err
	}
	columns, _ := s.size()
	var b strings.Builder
	if !s.anythingShown {
		b.WriteString(clearScreen)
	}
	s.anythingShown = true
	b.WriteString(home)
	for line := range strings.Lines(text) {
		line := []rune(strings.TrimSuffix(line, "\n"))
		if columns > 0 {
			line = line[:min(columns, len(line))]
		}
		b.WriteString(string(line) + restOfLine + "\n")
	}
	b.WriteString(restOfScreen)
	_, err := io.WriteString(s.out, b.String())
	return err
}

// draw shows a ranking on the screen, below notices and with as many rows as there is room for.
func (t *top) draw(screen *screen, shown *ranking, notices []string) error {
	notices, rows := append(slices.Clone(notices), shown.warnings...), t.rows
	if _, lines := screen.size(); lines > 0 {
		room := max(1, lines-aroundRows-len(notices))
		if rows == 0 || rows > room {
			rows = room
		}
	}
	var text bytes.Buffer
	now := time.Now()
	if screen.terminal {
		fmt.Fprintln(&text, now.Format(time.TimeOnly))
	}
	for _, notice := range notices {
		fmt.Fprintln(&text, printers.EscapeTerminal(notice))
	}
	printer := printers.NewTablePrinter(printers.PrintOptions{NoHeaders: t.noHeaders})
	if err := printer.PrintObj(shown.table(t.workloads, rows, now), &text); err != nil {
		return err
	}
	if more := len(shown.standings) - rows; rows > 0 && more > 0 {
		fmt.Fprintf(&text, "and %d more\n", more)
	}
	return screen.show(text.String())
}
