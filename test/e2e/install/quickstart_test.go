// SPDX-License-Identifier: Apache-2.0

package install

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/pkg/localcluster"
)

func TestFourCommandsLeadFromAnEmptyClusterToTheFirstPendingRequest(t *testing.T) {
	local, err := localcluster.Program(filepath.Join(root, "bin"), "tenancy-local")
	require.NoError(t, err)
	script := exec.CommandContext(t.Context(), local, "--pods", "--", filepath.Join(root, "test", "e2e", "install", "quickstart.sh"))
	script.Env = append(os.Environ(), "HOME="+t.TempDir())
	output, err := script.CombinedOutput()
	require.NoError(t, err, "%s", output)
	measured := regexp.MustCompile(`\n(\d+) commands, ([\d.]+) seconds\n$`).FindSubmatch(output)
	require.Len(t, measured, 3, "%s", output)
	t.Logf("%s", measured[0])
	commands, err := strconv.Atoi(string(measured[1]))
	require.NoError(t, err)
	seconds, err := strconv.ParseFloat(string(measured[2]), 64)
	require.NoError(t, err)
	assert.LessOrEqual(t, commands, 4)
	assert.Less(t, seconds, 60.0)
}
