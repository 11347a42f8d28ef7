// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// What an answer repeats of what was wrong. Generated rules repeat a value however large it is, and an object may have as many
// errors as it has bytes.
const (
	maxErrors   = 100
	maxRepeated = 512 // bytes
)

// Shorten bounds the errors that a client is answered with, so that bad input never costs more to refuse than to read.
func Shorten(errs field.ErrorList) field.ErrorList {
	if more := len(errs) - maxErrors; more > 0 {
		errs = append(errs[:maxErrors:maxErrors], field.Invalid(field.NewPath("spec"), field.OmitValueType{}, fmt.Sprintf("and %d more errors", more)))
	}
	for _, err := range errs {
		err.Field, err.Detail = shorten(err.Field), shorten(err.Detail)
		if value := reflect.Indirect(reflect.ValueOf(err.BadValue)); value.IsValid() && value.Kind() == reflect.String && value.Len() > maxRepeated {
			err.BadValue = shorten(value.String())
		}
	}
	return errs
}

func shorten(text string) string {
	if len(text) <= maxRepeated {
		return text
	}
	return fmt.Sprintf("%.64s... (%d bytes)", text, len(text))
}
