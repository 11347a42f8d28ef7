// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"k8s.io/apimachinery/pkg/runtime"
)

// maxDepth is how deep properties may be nested. Readers of JSON give up at 10,000 levels, in which a list of objects has its
// own; printed as YAML, each level is indented further.
const maxDepth = 64

// CheckProperties refuses JSON of any shape that other readers could not read, or not read alike: nested too deep, with a
// number that is none in a float64, with a name twice in an object. It has to be done when the properties are decoded:
// what tracks the managers of fields reads them before anything is validated, and panics.
func CheckProperties(properties *runtime.RawExtension) error {
	if properties == nil || len(properties.Raw) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(properties.Raw))
	decoder.UseNumber()
	if err := checkValue(decoder, 0); err != nil {
		return fmt.Errorf("properties: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("properties: there is more than one JSON value")
	}
	return nil
}

func checkValue(decoder *json.Decoder, depth int) error {
	token, err := decoder.Token()
	if err != nil {
		return fmt.Errorf("they are not JSON: %w", err)
	}
	switch t := token.(type) {
	case json.Number:
		if _, err := strconv.ParseFloat(t.String(), 64); err != nil {
			return fmt.Errorf("a number of %d characters is out of range: write it as a string", len(t))
		}
	case json.Delim:
		if depth >= maxDepth {
			return fmt.Errorf("they are nested deeper than %d levels", maxDepth)
		}
		return checkMembers(decoder, t, depth+1)
	}
	return nil
}

// checkMembers checks what is in an object or a list, which open has begun.
func checkMembers(decoder *json.Decoder, open json.Delim, depth int) error {
	names := map[string]bool{}
	for decoder.More() {
		if open == '{' {
			token, err := decoder.Token()
			if err != nil {
				return fmt.Errorf("they are not JSON: %w", err)
			}
			name, _ := token.(string) // Of an object's members, the decoder gives nothing else.
			if names[name] {
				return fmt.Errorf("an object has the name %.64q twice", name)
			}
			names[name] = true
		}
		if err := checkValue(decoder, depth); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("they are not JSON: %w", err)
	}
	return nil
}
