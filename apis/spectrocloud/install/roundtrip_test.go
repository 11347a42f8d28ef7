// SPDX-License-Identifier: Apache-2.0

package install

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/apitesting/roundtrip"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/fuzzer"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// leastIterations is how many random objects of each kind make a test; the race detector's default is 5.
const leastIterations = 100

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	Install(scheme)
	return scheme
}

func TestEveryKindSurvivesJSONAndProtobufThroughTheHub(t *testing.T) {
	*roundtrip.FuzzIters = max(*roundtrip.FuzzIters, leastIterations)
	roundtrip.RoundTripProtobufTestForAPIGroup(t, Install, fuzzer.Funcs)
}

func TestEveryKindSurvivesJSONAndCBORAsUnstructured(t *testing.T) {
	*roundtrip.FuzzIters = max(*roundtrip.FuzzIters, leastIterations)
	scheme := newScheme()
	others := sets.New[schema.GroupVersionKind]()
	for kind := range scheme.AllKnownTypes() {
		if !slices.Contains(served(scheme), kind) {
			others.Insert(kind)
		}
	}
	roundtrip.RoundtripToUnstructured(t, scheme, fuzzer.Funcs, others, nil)
}

// served are the kinds of the group's own wire types, without their lists.
func served(scheme *runtime.Scheme) []schema.GroupVersionKind {
	var kinds []schema.GroupVersionKind
	for _, version := range scheme.PrioritizedVersionsForGroup(spectrocloud.GroupName) {
		for kind, typ := range scheme.KnownTypes(version) {
			if strings.HasSuffix(typ.PkgPath(), "/apis/spectrocloud/"+version.Version) && !strings.HasSuffix(kind, "List") {
				kinds = append(kinds, version.WithKind(kind))
			}
		}
	}
	return kinds
}

// The files of testdata/HEAD are each kind with every field set, as yesterday's server wrote it. Where a change of them is
// meant, UPDATE_COMPATIBILITY_FIXTURE_DATA=true writes them anew; at a release they are copied to testdata/vX.Y.
func TestEveryKindIsWrittenAsYesterday(t *testing.T) {
	options := roundtrip.NewCompatibilityTestOptions(newScheme())
	options.Kinds = served(options.Scheme)
	options.TestDataDir = filepath.Join("..", "testdata")
	if os.Getenv("UPDATE_COMPATIBILITY_FIXTURE_DATA") != "" {
		require.NoError(t, os.MkdirAll(filepath.Join(options.TestDataDir, "HEAD"), 0o755))
	}
	options.Complete(t).Run(t)
}

// unlisted are the kinds that are the answer of a subresource.
var unlisted = []string{"GPUUsage", "EffectiveSettings"}

func TestEveryServedKindHasAHubAndAList(t *testing.T) {
	scheme := newScheme()
	assert.Equal(t, v1alpha1.SchemeGroupVersion, scheme.PrioritizedVersionsForGroup(spectrocloud.GroupName)[0])
	require.NotEmpty(t, served(scheme))
	for _, kind := range served(scheme) {
		assert.True(t, scheme.Recognizes(spectrocloud.SchemeGroupVersion.WithKind(kind.Kind)), "%s has no hub type", kind)
		if slices.Contains(unlisted, kind.Kind) {
			continue
		}
		assert.True(t, scheme.Recognizes(spectrocloud.SchemeGroupVersion.WithKind(kind.Kind+"List")), "%s has no hub list", kind)
		assert.True(t, scheme.Recognizes(kind.GroupVersion().WithKind(kind.Kind+"List")), "%s has no list", kind)
	}
}
