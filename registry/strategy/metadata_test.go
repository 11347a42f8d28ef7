// SPDX-License-Identifier: Apache-2.0

package strategy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

func TestMetadataDoesNotGrowWithoutEnd(t *testing.T) {
	object := func(managers, labels int) *spectrocloud.Settings {
		s := &spectrocloud.Settings{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{}, ManagedFields: make([]metav1.ManagedFieldsEntry, managers)}}
		for i := range labels {
			s.Labels[fmt.Sprintf("%0100d", i)] = strings.Repeat("x", 28) // 128 bytes each
		}
		return s
	}
	assert.Empty(t, validateMetadata(object(100, 512), nil))
	assert.ErrorContains(t, validateMetadata(object(101, 0), nil).ToAggregate(), "metadata.managedFields: Too many: 101: must have at most 100 items")
	assert.ErrorContains(t, validateMetadata(object(0, 513), nil).ToAggregate(), "metadata.labels: Too long")
	assert.Empty(t, validateMetadata(object(101, 513), object(101, 513)), "what is stored stays usable")
	assert.Len(t, validateMetadata(object(102, 514), object(101, 513)), 2)
}
