// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"cmp"
	"container/heap"
	"maps"
	"slices"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// queue is the requests of a Tenant that wait, by place. Those of one Project that ask for the same fit or don't fit
// alike, so that who looks for the next that fits looks at each shape once, however many wait.
type queue struct {
	shapes map[string]*shape
	// places are those of the requests that ask for a family, in order.
	places map[string][]int64
}

// shape is all waiting requests of one Project for the same GPUs.
type shape struct {
	families []string
	requests []*request // by place
}

func newQueue() queue { return queue{shapes: map[string]*shape{}, places: map[string][]int64{}} }

func shapeOf(project string, gpus spectrocloud.GPUCounts) string {
	return project + "/" + quota.Format(gpus)
}

func byPlace(r *request, place int64) int { return cmp.Compare(r.place(), place) }

func (q *queue) add(r *request) {
	key := shapeOf(r.key.project, r.GPUs)
	s := q.shapes[key]
	if s == nil {
		s = &shape{families: slices.Collect(maps.Keys(r.GPUs))}
		q.shapes[key] = s
	}
	at, _ := slices.BinarySearchFunc(s.requests, r.place(), byPlace)
	s.requests = slices.Insert(s.requests, at, r)
	for family := range r.GPUs {
		at, _ := slices.BinarySearch(q.places[family], r.place())
		q.places[family] = slices.Insert(q.places[family], at, r.place())
	}
}

func (q *queue) remove(r *request) {
	key := shapeOf(r.key.project, r.GPUs)
	s := q.shapes[key]
	if at, _ := slices.BinarySearchFunc(s.requests, r.place(), byPlace); at == 0 {
		s.requests = s.requests[1:] // What is admitted is the first, as a rule; the rest stays where it is.
	} else {
		s.requests = slices.Delete(s.requests, at, at+1)
	}
	if len(s.requests) == 0 {
		delete(q.shapes, key)
	}
	for family := range r.GPUs {
		places := q.places[family]
		if at, ok := slices.BinarySearch(places, r.place()); !ok {
			continue
		} else if at == 0 {
			places = places[1:]
		} else {
			places = slices.Delete(places, at, at+1)
		}
		if q.places[family] = places; len(places) == 0 {
			delete(q.places, family)
		}
	}
}

// position is the place of r among all that wait for a family that it asks for, in the longest of these queues; the first
// is 1.
func (q *queue) position(r *request) int {
	position := 0
	for family := range r.GPUs {
		at, _ := slices.BinarySearch(q.places[family], r.place())
		position = max(position, at+1)
	}
	return position
}

// heads are the first requests that have not been granted of the shapes that may fit, as a heap by place.
func (q *queue) heads(mayFit func(s *shape, first *request) bool) heads {
	var found heads
	for _, s := range q.shapes {
		h := &head{shape: s, at: -1}
		h.next()
		if first := h.request(); first != nil && mayFit(s, first) {
			found = append(found, h)
		}
	}
	heap.Init(&found)
	return found
}

// head goes through the requests of a shape.
type head struct {
	*shape
	at int
}

// request is where the head is; nil at the end.
func (h *head) request() *request {
	if h.at >= len(h.requests) {
		return nil
	}
	return h.requests[h.at]
}

// next goes on to the next request that has not been granted.
func (h *head) next() {
	for h.at++; h.at < len(h.requests) && h.requests[h.at].grant != nil; h.at++ {
	}
}

func (h *head) end() { h.at = len(h.requests) }

// heads is a heap: the one with the lowest place comes first.
type heads []*head

// fix puts the heap in order after its first has moved on, and drops it if it is at its end.
func (h *heads) fix() {
	if (*h)[0].request() == nil {
		heap.Pop(h)
	} else {
		heap.Fix(h, 0)
	}
}

func (h heads) Len() int           { return len(h) }
func (h heads) Less(i, j int) bool { return h[i].request().place() < h[j].request().place() }
func (h heads) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *heads) Push(x any) { *h = append(*h, x.(*head)) }

// Pop implements heap.Interface.
func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
