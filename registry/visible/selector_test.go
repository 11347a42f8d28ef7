// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

func TestAnObjectIsSeenByMembersOfItsGroupsAndNobodyElse(t *testing.T) {
	for name, test := range map[string]struct {
		object, caller []string
		seen           bool
	}{
		"a member":                            {[]string{"sre", "ml"}, []string{"ml"}, true},
		"by any of one's groups":              {[]string{"ml"}, []string{"x", "ml", "y"}, true},
		"an outsider":                         {[]string{"sre", "ml"}, []string{"other"}, false},
		"the beginning of a name":             {[]string{"mlops"}, []string{"ml"}, false},
		"the end of a name":                   {[]string{"mlops"}, []string{"ops"}, false},
		"another case":                        {[]string{"ML"}, []string{"ml"}, false},
		"odd but plain":                       {[]string{"a,b=c d\\e|ü"}, []string{"a,b=c d\\e|ü"}, true},
		"in no group":                         {[]string{"ml"}, nil, false},
		"the empty group":                     {[]string{"", "ml"}, []string{""}, false},
		"nobody's object":                     {nil, []string{"ml"}, false},
		"nobody's object, the empty group":    {nil, []string{""}, false},
		"what everyone is in":                 {[]string{"system:authenticated"}, []string{"system:authenticated"}, false},
		"what masters are in":                 {[]string{"system:masters"}, []string{"system:masters"}, false},
		"several names in one":                {[]string{"sre", "ml"}, []string{"ml\x00sre"}, false},
		"the separator as a name":             {[]string{"sre", "ml"}, []string{"\x00", "\x00ml", "ml\x00"}, false},
		"an object that names the separator":  {[]string{"a\x00ml"}, []string{"ml"}, false},
		"control characters, even in common":  {[]string{"m\nl"}, []string{"m\nl"}, false},
		"spaces are part of a name":           {[]string{"ml "}, []string{"ml"}, false},
		"bytes that are no text, if the same": {[]string{"\xff"}, []string{"\xff"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			mine := forGroups(counting(test.caller)...)
			assert.Equal(t, test.seen, mine.Matches(Fields(test.object)))
			values, err := Groups(func(runtime.Object) []string { return test.object }).IndexFunc()(&spectrocloud.Project{})
			require.NoError(t, err)
			if value, one := mine.RequiresExactMatch(Field); one {
				assert.Equal(t, test.seen, slices.Contains(values, value), "the index says the same")
			}
		})
	}
}

func TestASelectorWithoutGroupsLetsNothingThrough(t *testing.T) {
	nobody := forGroups()
	assert.False(t, nobody.Empty(), "an empty selector is one that is left out")
	assert.False(t, nobody.narrow(nil).Empty())
	assert.False(t, nobody.narrow(fields.Everything()).Empty())
	assert.False(t, nobody.Matches(Fields([]string{"ml"})))
	assert.False(t, nobody.Matches(fields.Set{}), "an object of another kind, or one that was stored before")
	value, one := nobody.RequiresExactMatch(Field)
	assert.True(t, one)
	assert.Empty(t, value)
}

func TestTheUsersSelectorAndTheirGroupsBothHaveToMatch(t *testing.T) {
	object := Fields([]string{"ml"})
	object["metadata.name"] = "p"
	named := fields.OneTermEqualSelector("metadata.name", "p")
	assert.True(t, forGroups("ml").narrow(named).Matches(object))
	assert.False(t, forGroups("sre").narrow(named).Matches(object))
	assert.False(t, forGroups("ml").narrow(fields.OneTermEqualSelector("metadata.name", "q")).Matches(object))

	both := forGroups("ml").narrow(named).DeepCopySelector()
	assert.False(t, both.Matches(Fields([]string{"ml"})), "a copy")
	changed, err := both.Transform(func(string, string) (string, string, error) { return "", "", nil })
	require.NoError(t, err)
	assert.False(t, changed.Matches(Fields([]string{"sre"})), "not even what drops all that the user selects drops the groups")
}

func TestNoFieldSelectorOfAUserReachesTheGroups(t *testing.T) {
	object := Fields([]string{"ml"})
	for _, spelled := range []string{
		Field + "=ml", Field + "==ml", Field + "!=x",
		`visible\=to=ml`, `visible\\=to=ml`, "visible%3Dto=ml", `"visible=to"=ml`, `visible=to\=ml`,
	} {
		selector, err := fields.ParseSelector(spelled)
		if err != nil {
			continue
		}
		for _, requirement := range selector.Requirements() {
			assert.Empty(t, object.Get(requirement.Field), "%s selects by %q", spelled, requirement.Field)
		}
	}
}
