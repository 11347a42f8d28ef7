// SPDX-License-Identifier: Apache-2.0

package announce

import (
	"sync"
	"time"

	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/utils/clock"
)

// How many events may be sent one by one: in one Project, and in all of them together. Events are objects in the host
// cluster's etcd for an hour, and that etcd has more important things to do.
const (
	projectRate, projectBurst = 1, 25   // Per second, and at once.
	totalRate, totalBurst     = 20, 200 // The same.

	// quiet is how long a Project without events takes to have its whole burst again.
	quiet = projectBurst / projectRate * time.Second

	// summaryInterval is how often a Project is told how many events were not sent.
	summaryInterval = 10 * time.Second
)

// budget decides which events are sent one by one, and counts the others by namespace.
type budget struct {
	clock clock.PassiveClock

	lock     sync.Mutex
	total    flowcontrol.PassiveRateLimiter
	projects map[string]*allowance
	unsent   map[string]unsent
}

// allowance is what one Project may still send.
type allowance struct {
	flowcontrol.PassiveRateLimiter
	asked time.Time
}

// unsent are events that were not sent: how many by reason, and what the last of them is about.
type unsent struct {
	count map[string]int
	last  consumer
}

func newBudget(clock clock.PassiveClock) *budget {
	return &budget{
		clock: clock, total: flowcontrol.NewTokenBucketPassiveRateLimiterWithClock(totalRate, totalBurst, clock),
		projects: map[string]*allowance{}, unsent: map[string]unsent{},
	}
}

// spend tells whether an event about object may be sent. One that may not is counted.
func (b *budget) spend(object consumer, reason string) bool {
	b.lock.Lock()
	defer b.lock.Unlock()
	namespace := object.GetNamespace()
	project := b.projects[namespace]
	if project == nil {
		project = &allowance{PassiveRateLimiter: flowcontrol.NewTokenBucketPassiveRateLimiterWithClock(projectRate, projectBurst, b.clock)}
		b.projects[namespace] = project
	}
	project.asked = b.clock.Now()
	if project.TryAccept() && b.total.TryAccept() {
		return true
	}
	left, ok := b.unsent[namespace]
	if !ok {
		left.count = map[string]int{}
	}
	left.count[reason]++
	left.last = object
	b.unsent[namespace] = left
	return false
}

// settle returns what was not sent since the last call, by namespace, and forgets Projects that have been quiet long enough.
func (b *budget) settle() map[string]unsent {
	b.lock.Lock()
	defer b.lock.Unlock()
	for namespace, project := range b.projects {
		if b.clock.Since(project.asked) >= quiet {
			delete(b.projects, namespace)
		}
	}
	left := b.unsent
	b.unsent = map[string]unsent{}
	return left
}
