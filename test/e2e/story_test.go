// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

func TestTheSeedsExamplesRunAsOneStory(t *testing.T) {
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	local, err := localcluster.Program(filepath.Join(root, "bin"), "tenancy-local")
	require.NoError(t, err)
	story := exec.CommandContext(t.Context(), local, "--", "bash", "story.sh")
	story.Env = append(os.Environ(), "HOME="+t.TempDir())
	said, err := story.CombinedOutput()
	require.NoError(t, err, "%s", said)
}
