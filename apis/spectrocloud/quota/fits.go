// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// Sums are numbers of GPUs per family, added up over many requests.
type Sums map[string]int64

// Add adds counts to s, times factor, and forgets families that come to nothing.
func (s Sums) Add(counts spectrocloud.GPUCounts, factor int64) {
	for family, n := range counts {
		if sum := s[family] + factor*int64(n); sum != 0 {
			s[family] = sum
		} else {
			delete(s, family)
		}
	}
}

// Level is one of the two whose quotas hold for a request: a Project, or its Tenant.
type Level struct {
	// Kind is Project or Tenant.
	Kind string
	// Name is that of the object.
	Name string
	// Quotas are its own entries.
	Quotas spectrocloud.GPUResources
	// Used is what its requests hold, those of all Projects for a Tenant.
	Used Sums
	// Reserved is what is about to be added to that.
	Reserved Sums
}

// used is what can't be given to another request.
func (l Level) used(family string) int64 { return l.Used[family] + l.Reserved[family] }

// most bounds the sum of a family that nothing restricts, so that usage can always be counted in a status.
const most = math.MaxInt32

// limit is the most GPUs of family that may be in use at the level, and whether it is the level's own entry that says so.
func (l Level) limit(family string) (int64, bool) {
	if n, ok := Lookup(l.Quotas.Limits, family); ok {
		return int64(n), true
	}
	return most, false
}

// Shortage is why a request does not fit at this moment.
type Shortage struct {
	// Kind and Name are whose limit it is.
	Kind, Name string
	Family     string
	// Requested, Limit and Used are in GPUs.
	Requested, Limit, Used int64
}

// Fits is the largest request that would fit.
func (s Shortage) Fits() int64 { return max(0, s.Limit-s.Used) }

// String says what is missing: "4 NVIDIA-A100: project-a uses 62 of 64 (Project limit; 2 would fit)".
func (s Shortage) String() string {
	return fmt.Sprintf("%d %s: %s uses %d of %d (%s limit; %d would fit)", s.Requested, s.Family, s.Name, s.Used, s.Limit, s.Kind, s.Fits())
}

// Shortages are why request does not fit into levels as they are used now: per family the tightest level's, the last of equally
// tight ones, by family name; none if it fits. Every level is checked: no Project's entry lifts what its Tenant says.
func Shortages(request spectrocloud.GPUCounts, levels ...Level) []Shortage {
	var found []Shortage
	for _, family := range slices.Sorted(maps.Keys(request)) {
		tightest := Shortage{Limit: math.MaxInt64}
		for _, level := range levels {
			limit, _ := level.limit(family)
			if n := int64(request[family]); n > 0 && level.used(family)+n > limit && limit-level.used(family) <= tightest.Limit-tightest.Used {
				tightest = Shortage{Kind: level.Kind, Name: level.Name, Family: family, Requested: n, Limit: limit, Used: level.used(family)}
			}
		}
		if tightest.Family != "" {
			found = append(found, tightest)
		}
	}
	return found
}

// Fit tells whether request fits into levels as they are used now.
func Fit(request spectrocloud.GPUCounts, levels ...Level) bool {
	for family, n := range request {
		for _, level := range levels {
			if limit, _ := level.limit(family); n > 0 && level.used(family)+int64(n) > limit {
				return false
			}
		}
	}
	return true
}

// Describe joins shortages into one line.
func Describe(shortages []Shortage) string {
	said := make([]string, len(shortages))
	for i, shortage := range shortages {
		said[i] = shortage.String()
	}
	return strings.Join(said, "; ")
}

// Overdraft is a request above what one request may ask for.
type Overdraft struct {
	// Kind and Name are whose maximum it is.
	Kind, Name string
	Family     string
	// Requested and Maximum are in GPUs.
	Requested, Maximum int64
}

// String says what was asked for and what may be.
func (o Overdraft) String() string {
	return fmt.Sprintf("it asks for %d %s, and one request may ask for at most %d in %s %s (spec.gpuResources.requests)",
		o.Requested, o.Family, o.Maximum, o.Kind, o.Name)
}

// Overdrafts are the families of which request asks for more than one request may have: per family against the smallest
// maximum of all levels, by family name.
func Overdrafts(request spectrocloud.GPUCounts, levels ...Level) []Overdraft {
	var found []Overdraft
	for _, family := range slices.Sorted(maps.Keys(request)) {
		tightest := Overdraft{Maximum: math.MaxInt64}
		for _, level := range levels {
			if maximum, ok := Lookup(level.Quotas.Requests, family); ok && int64(maximum) < min(int64(request[family]), tightest.Maximum) {
				tightest = Overdraft{Kind: level.Kind, Name: level.Name, Family: family, Requested: int64(request[family]), Maximum: int64(maximum)}
			}
		}
		if tightest.Family != "" {
			found = append(found, tightest)
		}
	}
	return found
}

// Grows are the families of which wanted has more than held, and by how many.
func Grows(held, wanted spectrocloud.GPUCounts) spectrocloud.GPUCounts {
	grown := spectrocloud.GPUCounts{}
	for family, n := range wanted {
		if more := n - held[family]; more > 0 {
			grown[family] = more
		}
	}
	return grown
}

// Format lists counts by family: "4 NVIDIA-A100, 2 NVIDIA-H100".
func Format(counts spectrocloud.GPUCounts) string {
	said := make([]string, 0, len(counts))
	for _, family := range slices.Sorted(maps.Keys(counts)) {
		said = append(said, fmt.Sprintf("%d %s", counts[family], family))
	}
	return strings.Join(said, ", ")
}
