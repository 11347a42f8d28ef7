// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// refreshing runs refresh, with a clock that jumps, while during happens, and returns how often it read and what it wrote. Each
// reading finds a Project of its number; readings that fails names go wrong.
func refreshing(t *testing.T, terminal bool, fails int, during func(bell)) (readings int, text string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		var out bytes.Buffer
		screen := &screen{out: &out, terminal: terminal, size: func() (int, int) { return 0, 0 }}
		bell, ended := make(bell, 1), make(chan error, 1)
		go func() {
			ended <- (&top{plugin: &plugin{}}).refresh(ctx, screen, &ranking{standings: []*standing{{project: "first"}}}, []string{"a notice"}, bell,
				func(context.Context) (*ranking, error) {
					if readings++; readings == fails {
						return nil, errors.New("the server is away")
					}
					return &ranking{standings: []*standing{{project: fmt.Sprintf("reading-%d", readings)}}}, nil
				})
		}()
		during(bell)
		synctest.Wait()
		interrupt()
		assert.NoError(t, <-ended, "an interrupt is how it ends")
		text = out.String()
	})
	return readings, text
}

func TestNothingIsAskedForWhileNothingHappens(t *testing.T) {
	for terminal, shown := range map[bool]int{true: 361, false: 1} {
		readings, text := refreshing(t, terminal, 0, func(bell) { time.Sleep(time.Hour + time.Second) })
		assert.Zero(t, readings)
		assert.Equal(t, shown, strings.Count(text, "first"), "only a terminal shows how time passes")
	}
}

func TestWhateverHappensIsReadOnceASecond(t *testing.T) {
	readings, text := refreshing(t, false, 0, func(b bell) {
		for range 1000 {
			b.ring()
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Minute)
	})
	assert.Equal(t, 10, readings)
	tables := strings.Split(text, "\n\n")
	assert.Contains(t, tables[len(tables)-1], "reading-10")
	assert.Contains(t, tables[len(tables)-1], "a notice")
}

func TestWhatCantBeReadIsSaidUntilItCan(t *testing.T) {
	readings, text := refreshing(t, false, 2, func(b bell) {
		for range 3 {
			b.ring()
			time.Sleep(2 * time.Second)
		}
	})
	assert.Equal(t, 3, readings)
	tables := strings.Split(text, "\n\n")
	assert.Len(t, tables, 4)
	assert.Contains(t, tables[2], "a notice\nWhat follows is no longer current: the server is away\n")
	assert.Contains(t, tables[2], "reading-1", "what is known is still shown")
	assert.NotContains(t, tables[3], "no longer current")
	assert.Contains(t, tables[3], "reading-3")
}
