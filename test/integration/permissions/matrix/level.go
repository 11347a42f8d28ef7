// SPDX-License-Identifier: Apache-2.0

package matrix

import "slices"

// Level is what somebody may do with the objects of a kind in a place.
type Level string

// The levels. deletecollection is in none of them.
const (
	None       Level = "–"
	Hidden     Level = "hidden"       // What is asked for is not found, or left out of what is found; all else is denied.
	Create     Level = "create"       // create
	Read       Level = "read"         // get, list, watch
	ReadCreate Level = "read, create" // get, list, watch, create
	Change     Level = "change"       // get, list, watch, update, patch, delete
	Manage     Level = "manage"       // get, list, watch, create, update, patch, delete
)

// Verbs are all that can be done with a kind.
var Verbs = []string{"create", "get", "list", "watch", "update", "patch", "delete", "deletecollection"}

var (
	reading  = []string{"get", "list", "watch"}
	changing = []string{"update", "patch", "delete"}
)

// Answer is what the API says to a request.
type Answer string

// The answers.
const (
	Allowed Answer = "allowed" // It was done.
	Denied  Answer = "denied"  // 403
	Unseen  Answer = "unseen"  // 404, or a list or watch without the object.
)

// Answer is what somebody of that level is told who asks to do that.
func (l Level) Answer(verb string) Answer {
	var allowed []string
	switch l {
	case Hidden:
		if slices.Contains(reading, verb) {
			return Unseen
		}
	case Create:
		allowed = []string{"create"}
	case Read:
		allowed = reading
	case ReadCreate:
		allowed = append([]string{"create"}, reading...)
	case Change:
		allowed = slices.Concat(reading, changing)
	case Manage:
		allowed = slices.Concat([]string{"create"}, reading, changing)
	}
	if slices.Contains(allowed, verb) {
		return Allowed
	}
	return Denied
}

// Levels are those of all people, in their order.
type Levels [7]Level

// Nothing tells whether nobody finds an object of the kind.
func (l Levels) Nothing() bool {
	return !slices.ContainsFunc(l[:], func(level Level) bool { return level.Answer("get") == Allowed })
}
