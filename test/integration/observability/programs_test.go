// SPDX-License-Identifier: Apache-2.0

package observability

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/version"
	basecompatibility "k8s.io/component-base/compatibility"
	kubeversion "k8s.io/component-base/version"

	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

var programs = []string{localcluster.TenancyAPIServer, localcluster.TenancyControllerManager}

// unversioned is config for paths that are of no API group.
func unversioned(config *rest.Config) *rest.Config {
	config.NegotiatedSerializer = serializer.WithoutConversionCodecFactory{CodecFactory: scheme.Codecs}
	return config
}

func TestVersionTellsWhichBuildItIs(t *testing.T) {
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	for _, program := range programs {
		output, err := exec.CommandContext(t.Context(), filepath.Join(root, "bin", program), "--version").CombinedOutput()
		require.NoError(t, err, string(output))
		assert.Regexp(t, `^`+program+` version v\d+\.\d+\.\d+\S* \(commit \S+, built \S+, go\S+ \w+/\w+\)\n$`, string(output))
	}
}

// What a release is stamped with must not be taken for the version of Kubernetes that is emulated.
func TestTheServerEmulatesTheKubernetesOfItsLibraries(t *testing.T) {
	client, err := rest.UnversionedRESTClientFor(unversioned(cluster.Direct(cluster.Config(), 0)))
	require.NoError(t, err)
	text, err := client.Get().AbsPath("/version").DoRaw(t.Context())
	require.NoError(t, err)
	var served version.Info
	require.NoError(t, json.Unmarshal(text, &served))
	want := basecompatibility.NewEffectiveVersionFromString(kubeversion.DefaultKubeBinaryVersion, "", "").EmulationVersion()
	assert.Equal(t, want.String(), served.EmulationMajor+"."+served.EmulationMinor)
	assert.Equal(t, kubeversion.DefaultKubeBinaryVersion, served.Major+"."+served.Minor)
}

func TestLogsAreOneJSONObjectALineWhereThatIsAskedFor(t *testing.T) {
	for _, program := range programs {
		lines := strings.Split(strings.TrimSpace(cluster.LogTail(program, 100_000)), "\n")
		require.Greater(t, len(lines), 3, program)
		for _, line := range lines {
			var entry struct {
				TS  float64
				Msg string
			}
			if assert.NoError(t, json.Unmarshal([]byte(line), &entry), "%s: %s", program, line) {
				assert.NotZero(t, entry.TS, line)
			}
		}
	}
}
