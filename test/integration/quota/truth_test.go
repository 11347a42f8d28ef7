// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// untrue are the answers that no order of the requests explains which is that of etcd, where all ask for one GPU of one limit
// from revision from on. It checks that
//
//   - what a client was told is what was written, at the revision that it was told;
//   - a request that was answered before another was sent comes before it in etcd;
//   - no more than limit are ever held;
//   - who was told to wait had to: at some moment between call and answer, what was held, what others who waited already were
//     to have first, and what was being given to others, left nothing. What was being given to others may have come to nothing,
//     but only where the turn passed on before it was written;
//   - who was given a GPU did not take it from one who had been told to wait before it asked.
func untrue(from int64, limit int, answers []told, records []record) []string {
	h := newHistory(from, records)
	var found []string
	for i := range answers {
		a := &answers[i]
		if a.told == none {
			a.revision = h.ended[a.id]
		}
		if now := h.at(a.revision).records[a.id]; a.revision == 0 || h.changed[a.revision] != a.id || cmp.Or(now, none) != a.told {
			found = append(found, fmt.Sprintf("%v was told at revision %d that it %s, but then %v %s", a.id, a.revision, a.told, h.changed[a.revision], now))
		}
	}
	for _, s := range h.states {
		if s.held > limit {
			found = append(found, fmt.Sprintf("revision %d: %d are held", s.revision, s.held))
		}
	}
	for _, a := range answers {
		before := h.states[0].revision // The last of those that were answered before this was asked.
		ahead := 0
		now := h.at(a.revision)
		for _, b := range answers {
			if b.answered >= a.called {
				continue
			}
			before = max(before, b.revision)
			if b.revision >= a.revision {
				found = append(found, fmt.Sprintf("%v (%s) was answered before %v (%s) was asked, but is later: revision %d, not before %d",
					b.id, b.told, a.id, a.told, b.revision, a.revision))
			}
			if b.told == waits && now.records[b.id] == waits {
				ahead++
			}
		}
		switch {
		case a.told == holds && now.held+ahead > limit:
			found = append(found, fmt.Sprintf("%v got a GPU at revision %d with %d held, before %d who had been waiting", a.id, a.revision, now.held, ahead))
		case a.told == waits && !h.full(a, before, limit, answers):
			found = append(found, fmt.Sprintf("%v was told to wait, but at no revision from %d to %d were all %d taken", a.id, before, a.revision-1, limit))
		}
	}
	return found
}

// full tells whether there was a revision, from the one given to that of the answer, at which nothing was left for it.
func (h *history) full(a told, from int64, limit int, answers []told) bool {
	for i := h.index(from); i < len(h.states) && h.states[i].revision < a.revision; i++ {
		taken := h.states[i].held + h.states[i].waiting
		for _, b := range answers {
			given := b.told == holds || b.told == waits && h.passedBetween(a.revision, b.revision)
			if given && b.id != a.id && b.revision > h.states[i].revision && b.called < a.answered && a.called < b.answered {
				taken++
			}
		}
		if taken >= limit {
			return true
		}
	}
	return false
}

// history is the records of a place at each revision that changed one.
type history struct {
	states  []state
	changed map[int64]id
	ended   map[id]int64
	passed  []int64
}

// state is the records from one revision to the next.
type state struct {
	revision      int64
	records       map[id]standing
	held, waiting int
}

func newHistory(from int64, records []record) *history {
	h := &history{states: []state{{revision: from, records: map[id]standing{}}}, changed: map[int64]id{}, ended: map[id]int64{}}
	for _, r := range records {
		if r.now == passed {
			h.passed = append(h.passed, r.revision)
			continue
		}
		next := state{revision: r.revision, records: maps.Clone(h.states[len(h.states)-1].records)}
		if next.records[r.id] = r.now; r.now == none {
			delete(next.records, r.id)
			h.ended[r.id] = r.revision
		}
		for _, now := range next.records {
			if now == holds {
				next.held++
			} else {
				next.waiting++
			}
		}
		h.states = append(h.states, next)
		h.changed[r.revision] = r.id
	}
	return h
}

// index is that of the state at a revision.
func (h *history) index(revision int64) int {
	i, found := slices.BinarySearchFunc(h.states, revision, func(s state, r int64) int { return cmp.Compare(s.revision, r) })
	if !found {
		i--
	}
	return max(i, 0)
}

// passedBetween tells whether the turn passed on after one revision and before another.
func (h *history) passedBetween(after, before int64) bool {
	return slices.ContainsFunc(h.passed, func(r int64) bool { return after < r && r < before })
}

func (h *history) at(revision int64) state { return h.states[h.index(revision)] }

// TestUntrueAnswersAreFound tries the check itself on a limit of one.
func TestUntrueAnswersAreFound(t *testing.T) {
	a, b := id{"p", workloads, "a"}, id{"p", workloads, "b"}
	at := func(id id, revision int64, now standing) record { return record{id: id, revision: revision, now: now} }
	say := func(id id, revision int64, s standing, called, answered time.Duration) told {
		return told{id, s, revision, called, answered}
	}
	for name, test := range map[string]struct {
		answers []told
		records []record
		want    string // Part of the one finding; nothing for none.
	}{
		"one holds, one waits and has it after": {
			[]told{say(a, 2, holds, 0, 1), say(b, 3, waits, 2, 3), say(a, 0, none, 4, 5)},
			[]record{at(a, 2, holds), at(b, 3, waits), at(a, 4, none), at(b, 5, holds)}, ""},
		"one waits for what another is being given": {
			[]told{say(a, 3, holds, 0, 3), say(b, 2, waits, 1, 2)}, []record{at(b, 2, waits), at(a, 3, holds)}, ""},
		"one waits for what another was being given when the turn passed on": {
			[]told{say(a, 4, waits, 0, 3), say(b, 2, waits, 1, 2)},
			[]record{at(b, 2, waits), {revision: 3, now: passed}, at(a, 4, waits), at(b, 5, holds)}, ""},
		"one waits for what no other was given in that turn": {
			[]told{say(a, 4, waits, 0, 3), say(b, 3, waits, 1, 2)},
			[]record{{revision: 2, now: passed}, at(b, 3, waits), at(a, 4, waits), at(b, 5, holds)}, "at no revision"},
		"one was told what was not written": {
			[]told{say(a, 2, holds, 0, 1)}, []record{at(a, 2, waits)}, "was told at revision 2 that it holds"},
		"one was told what another wrote": {
			[]told{say(a, 2, holds, 0, 1)}, []record{at(b, 2, holds), at(a, 3, holds), at(b, 4, none)}, "was told at revision 2"},
		"a deletion that was never written": {
			[]told{say(a, 2, holds, 0, 1), say(a, 0, none, 2, 3)}, []record{at(a, 2, holds)}, "was told at revision 0 that it none"},
		"two hold": {
			[]told{say(a, 2, holds, 0, 1), say(b, 3, holds, 0, 1)}, []record{at(a, 2, holds), at(b, 3, holds)}, "2 are held"},
		"written before what was answered before it was asked": {
			[]told{say(a, 3, waits, 0, 1), say(b, 2, holds, 2, 3)}, []record{at(b, 2, holds), at(a, 3, waits)}, "but is later"},
		"one waits for nothing": {
			[]told{say(a, 2, waits, 0, 1)}, []record{at(a, 2, waits), at(a, 3, holds)}, "at no revision"},
		"one waits for what was given back before it asked": {
			[]told{say(a, 2, holds, 0, 1), say(a, 0, none, 2, 3), say(b, 4, waits, 4, 5)},
			[]record{at(a, 2, holds), at(a, 3, none), at(b, 4, waits)}, "at no revision"},
		"one takes what another waited for": {
			[]told{say(id{"p", workloads, "c"}, 2, holds, 0, 1), say(a, 3, waits, 2, 3), say(id{"p", workloads, "c"}, 0, none, 4, 5), say(b, 5, holds, 6, 7)},
			[]record{at(id{"p", workloads, "c"}, 2, holds), at(a, 3, waits), at(id{"p", workloads, "c"}, 4, none), at(b, 5, holds)}, "who had been waiting"},
	} {
		t.Run(name, func(t *testing.T) {
			found := untrue(1, 1, test.answers, test.records)
			if test.want == "" {
				assert.Empty(t, found)
				return
			}
			require.NotEmpty(t, found)
			assert.Contains(t, found[0], test.want)
		})
	}
}
