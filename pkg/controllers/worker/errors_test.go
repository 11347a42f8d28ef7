// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

func TestAConflictDoesNotHideWhatFailedBesideIt(t *testing.T) {
	conflict := fmt.Errorf("update: %w", apierrors.NewConflict(corev1.Resource("secrets"), "a", errors.New("it has changed")))
	exists := fmt.Errorf("create: %w", apierrors.NewAlreadyExists(corev1.Resource("secrets"), "a"))
	forbidden := apierrors.NewForbidden(corev1.Resource("secrets"), "a", errors.New("no right"))
	for name, test := range map[string]struct {
		err  error
		left bool
	}{
		"nothing":                              {nil, false},
		"a conflict":                           {conflict, false},
		"two leaders creating the same":        {exists, false},
		"both":                                 {errors.Join(conflict, exists), false},
		"something else":                       {forbidden, true},
		"that beside a conflict":               {errors.Join(conflict, forbidden), true},
		"that before it":                       {errors.Join(forbidden, conflict), true},
		"that beside conflicts, further down":  {errors.Join(exists, errors.Join(conflict, forbidden)), true},
		"that beside nothing, and all of that": {errors.Join(nil, errors.Join(conflict, errors.Join(nil, forbidden))), true},
	} {
		left := Except(test.err, outdated)
		if !test.left {
			require.NoError(t, left, name)
			continue
		}
		require.ErrorIs(t, left, forbidden, name)
		assert.False(t, apierrors.IsConflict(left), name)
	}
}
