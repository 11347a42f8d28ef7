// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud/wire"
)

func TestPropertiesThatReadersDoNotReadAlikeAreRefused(t *testing.T) {
	nested := func(levels int) string { return strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels) }
	for name, tc := range map[string]struct{ raw, want string }{
		"an object":              {`{"a": [1, -2.5e3, "x", true, null, {"a": {}}], "b": {"a": 1}}`, ""},
		"what is no object":      {`7`, ""}, // Validation says so, with the field.
		"nothing":                {``, ""},
		"64 levels":              {nested(64), ""},
		"65 levels":              {nested(65), "deeper than 64 levels"},
		"65 levels of lists":     {strings.Repeat("[", 65) + strings.Repeat("]", 65), "deeper than 64 levels"},
		"a million levels":       {strings.Repeat("[", 1_000_000), "deeper than 64 levels"},
		"a number out of range":  {`{"a": 1e999999}`, "out of range"},
		"a number of 400 digits": {`{"a": ` + strings.Repeat("9", 400) + `}`, "a number of 400 characters"},
		"a name twice":           {`{"a": 1, "b": {"c": 1, "c": 2}}`, `the name "c" twice`},
		"an escaped name twice":  {`{"a": 1, "\u0061": 2}`, `the name "a" twice`},
		"no end":                 {`{"a": [1`, "not JSON"},
		"two values":             {`{} {}`, "more than one"},
		"no JSON":                {`a: 1`, "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			err := wire.CheckProperties(&runtime.RawExtension{Raw: []byte(tc.raw)})
			if tc.want == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, tc.want)
			}
		})
	}
	assert.NoError(t, wire.CheckProperties(nil))
}
