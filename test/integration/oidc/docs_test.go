// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/authentication/cel"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// block is what stands in a document between two fences.
var block = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```$")

// blocks returns those of a document that contain the text.
func blocks(t *testing.T, document, text string) []string {
	t.Helper()
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	content, err := os.ReadFile(filepath.Join(root, document))
	require.NoError(t, err)
	var found []string
	for _, match := range block.FindAllStringSubmatch(string(content), -1) {
		if strings.Contains(match[1], text) {
			found = append(found, match[1])
		}
	}
	require.NotEmpty(t, found, "%s has no block with %q", document, text)
	return found
}

func TestTheDocumentedConfigurationsAreTaken(t *testing.T) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDecoder()
	for _, text := range blocks(t, "docs/oidc.md", "kind: AuthenticationConfiguration") {
		var config apiserver.AuthenticationConfiguration
		require.NoError(t, runtime.DecodeInto(decoder, []byte(text), &config), text)
		assert.Empty(t, validation.ValidateAuthenticationConfiguration(cel.NewDefaultCompiler(), &config, nil), text)
	}
}

// here makes bash's tenancy-local mean the test's cluster.
const here = `tenancy-local() { command tenancy-local "$@" --dir "$DIR"; }; `

// What the README says of logging in is typed as it stands there.
func TestTheTourLogsIn(t *testing.T) {
	applySamples(t)
	for _, text := range blocks(t, "README.md", "tenancy-local login") {
		for line := range strings.Lines(text) {
			command := exec.CommandContext(t.Context(), "bash", "-c", here+line)
			command.Env = append(append(os.Environ(), cluster.Env()...), "HOME="+cluster.Dir(), "DIR="+cluster.Dir())
			output, err := command.CombinedOutput()
			if strings.Contains(line, "none of their business") {
				assert.ErrorContains(t, err, "exit status 1", line)
				assert.Contains(t, string(output), "(Forbidden)", line)
			} else {
				assert.NoError(t, err, "%s%s", line, output)
			}
		}
	}
}
