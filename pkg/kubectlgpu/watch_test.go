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
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// always is for readings that all fail.
const always = -1

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
					if readings++; readings == fails || fails == always {
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
		for range 2 {
			b.ring()
			time.Sleep(2 * time.Second)
		}
		time.Sleep(time.Minute) // Nothing rings, and yet it is tried again.
	})
	assert.Equal(t, 3, readings)
	tables := strings.Split(text, "\n\n")
	require.Len(t, tables, 4)
	assert.Contains(t, tables[2], "a notice\nWhat follows is no longer current: the server is away\n")
	assert.Contains(t, tables[2], "reading-1", "what is known is still shown")
	assert.NotContains(t, tables[3], "no longer current")
	assert.Contains(t, tables[3], "reading-3")
}

func TestWhatCantBeReadForLongIsTriedSeldom(t *testing.T) {
	readings, _ := refreshing(t, false, always, func(b bell) {
		b.ring()
		time.Sleep(time.Hour)
	})
	assert.InDelta(t, 64, readings, 2, "after some quick ones, one a minute")
}

// following is how often a list and a watch are begun within an hour by follow, when they end so.
func following(t *testing.T, listed, watched error) (lists, watches int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		make(bell, 1).follow(ctx, func(context.Context, metav1.ListOptions) (metav1.ListInterface, error) {
			lists++
			return &v1alpha1.TenantList{}, listed
		}, func(context.Context, metav1.ListOptions) (watch.Interface, error) {
			watches++
			return watch.NewEmptyWatch(), watched
		})
	})
	return lists, watches
}

func TestWhatMayNotBeWatchedIsNotAskedForAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		listed, watched error
		lists, watches  int
	}{
		"lists are forbidden":   {forbidden, nil, 1, 0},
		"watches are forbidden": {nil, forbidden, 1, 1},
		"lists fail":            {errors.New("the server is away"), nil, 1800, 0},
		"watches end":           {nil, nil, 1800, 1800},
	} {
		t.Run(name, func(t *testing.T) {
			lists, watches := following(t, tc.listed, tc.watched)
			assert.InDelta(t, tc.lists, lists, 1)
			assert.InDelta(t, tc.watches, watches, 1)
		})
	}
}

func TestAllNamespacesAreWatchedByThoseWhoMayReadAllOfThem(t *testing.T) {
	workloads, pools := v1alpha1.AIWorkloadList{}, v1alpha1.ComputePoolList{}
	away := apierrors.NewServiceUnavailable("away")
	many := strings.Fields(strings.Repeat("project ", 30))
	for name, tc := range map[string]struct {
		server   server
		projects []string
		want     []string
	}{
		"both may be listed":                 {server{"aiworkloads": workloads, "computepools": pools}, many, []string{""}},
		"pools may not":                      {server{"aiworkloads": workloads, "computepools": forbidden}, many[:5], many[:5]},
		"workloads may not":                  {server{"aiworkloads": forbidden, "computepools": pools}, many[:5], many[:5]},
		"that can't be told":                 {server{"aiworkloads": away, "computepools": away}, many, many[:mostWatched]},
		"there are few Projects":             {server{"aiworkloads": workloads, "computepools": pools}, many[:3], many[:3]},
		"there are more than can be watched": {server{}, many, many[:mostWatched]},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.want, tc.server.client(t).watchable(t.Context(), tc.projects))
		})
	}
}
