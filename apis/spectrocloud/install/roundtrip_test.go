// SPDX-License-Identifier: Apache-2.0

package install

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/apitesting/roundtrip"
	"k8s.io/apimachinery/pkg/runtime"

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
	roundtrip.RoundtripToUnstructured(t, newScheme(), fuzzer.Funcs, nil, nil)
}

// The files of testdata/HEAD are each kind with every field set, as yesterday's server wrote it. Where a change of them is
// meant, UPDATE_COMPATIBILITY_FIXTURE_DATA=true writes them anew; at a release they are copied to testdata/vX.Y.
func TestEveryKindIsWrittenAsYesterday(t *testing.T) {
	options := roundtrip.NewCompatibilityTestOptions(newScheme())
	options.TestDataDir = filepath.Join("..", "testdata")
	if os.Getenv("UPDATE_COMPATIBILITY_FIXTURE_DATA") != "" {
		require.NoError(t, os.MkdirAll(filepath.Join(options.TestDataDir, "HEAD"), 0o755))
	}
	options.Complete(t).Run(t)
}

func TestEveryServedKindHasAHubAndAList(t *testing.T) {
	scheme := newScheme()
	hub := scheme.KnownTypes(spectrocloud.SchemeGroupVersion)
	for _, version := range scheme.PrioritizedVersionsForGroup(spectrocloud.GroupName) {
		for kind, typ := range scheme.KnownTypes(version) {
			if typ.PkgPath() != "spectrocloud.com/tenancy/apis/spectrocloud/"+version.Version {
				continue
			}
			assert.Contains(t, hub, kind, "%s has no hub type", kind)
		}
	}
	assert.Equal(t, v1alpha1.SchemeGroupVersion, scheme.PrioritizedVersionsForGroup(spectrocloud.GroupName)[0])
	for kind := range hub {
		if kind != "TenantList" && kind != "ProjectList" {
			assert.Contains(t, hub, kind+"List")
		}
	}
}
