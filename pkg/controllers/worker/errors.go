// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Except returns what is left of an error without those that is tells, each of several joined ones judged by itself; nil if
// nothing is. errors.Is and errors.As would judge all of them by any.
func Except(err error, is func(error) bool) error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		var left []error
		for _, one := range several.Unwrap() {
			left = append(left, Except(one, is))
		}
		return errors.Join(left...)
	}
	if err == nil || is(err) {
		return nil
	}
	return err
}

// outdated tells an error that comes of a cache, or a look, which is a moment behind; the retry finds it caught up.
func outdated(err error) bool { return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) }
