// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/sets"
)

// selector matches what at least one of its groups sees; without groups, nothing.
type selector struct{ groups sets.Set[string] }

var _ fields.Selector = selector{}

func forGroups(groups ...string) selector { return selector{sets.New(groups...)} }

// narrow returns user, which may be nil, for what the groups see.
func (s selector) narrow(user fields.Selector) fields.Selector {
	if user == nil || user.Empty() {
		return s
	}
	return fields.AndSelectors(user, s)
}

// Matches implements fields.Selector.
func (s selector) Matches(set fields.Fields) bool {
	for group := range strings.SplitSeq(set.Get(Field), separator) {
		if s.groups.Has(group) {
			return true
		}
	}
	return false
}

// Empty is false, even without groups: an empty selector is one that lets everything through.
func (selector) Empty() bool { return false }

// RequiresExactMatch names the one group to look up in the index. Without groups that is the empty one, which sees nothing.
func (s selector) RequiresExactMatch(field string) (value string, found bool) {
	if field != Field || len(s.groups) > 1 {
		return "", false
	}
	for group := range s.groups {
		value = group
	}
	return value, true
}

// Transform leaves it as it is: it has no field of the user's.
func (s selector) Transform(fields.TransformFunc) (fields.Selector, error) { return s, nil }

// Requirements has nothing that the user required.
func (selector) Requirements() fields.Requirements { return nil }

// String is for logs, which need not name hundreds of groups.
func (s selector) String() string { return fmt.Sprintf("visible to %d groups", len(s.groups)) }

// DeepCopySelector returns the selector, which never changes.
func (s selector) DeepCopySelector() fields.Selector { return s }
