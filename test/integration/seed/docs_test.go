// SPDX-License-Identifier: Apache-2.0

package seed

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// block is what stands in a document between two fences.
var block = regexp.MustCompile("(?ms)^```\n(.*?)^```$")

// typed types each command of a document as it stands there. One that "is refused" has to be.
func typed(t *testing.T, document string) {
	t.Helper()
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	content, err := os.ReadFile(filepath.Join(root, "docs", document))
	require.NoError(t, err)
	blocks := block.FindAllStringSubmatch(string(content), -1)
	require.NotEmpty(t, blocks)
	for _, match := range blocks {
		for line := range strings.Lines(match[1]) {
			command := exec.CommandContext(t.Context(), "bash", "-o", "pipefail", "-c", line)
			command.Dir, command.Env = root, append(append(os.Environ(), cluster.Env()...), "HOME="+cluster.Dir())
			output, err := command.CombinedOutput()
			if strings.Contains(line, "is refused") {
				assert.ErrorContains(t, err, "exit status 1", line)
				assert.Contains(t, string(output), "Forbidden", line)
			} else {
				assert.NoError(t, err, "%s%s", line, output)
				assert.NotContains(t, string(output), "No resources found", line)
			}
		}
	}
}
