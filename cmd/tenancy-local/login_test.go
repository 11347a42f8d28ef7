// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// loginScript is run with a cluster; $0 is tenancy-local. What login prints last works as it stands.
const loginScript = `
login() { "$0" login --dir "$(dirname "$KUBECONFIG")" "$@"; }
login --user alice --groups ml-engineers,data-team >said
head -1 said
kubectl --context alice auth whoami -o jsonpath='{.status.userInfo.username} {.status.userInfo.groups}{"\n"}'
tail -2 said | sed 's/get projects -A/auth whoami -o jsonpath={.status.userInfo.username}/' >script
sh -e ./script; echo
kubectl config current-context
login --user bob --ttl 10m >said
token=$(login --user carol --print-token)
echo "$token" | cut -d. -f1 | base64 -d; echo
kubectl config get-contexts -o name
kubectl config set-credentials carol --token="$token" >said
kubectl --user carol auth whoami -o jsonpath='{.status.userInfo.username}{"\n"}'
`

func TestLoginGivesAContextOrAToken(t *testing.T) {
	cmd, tmp := tenancyLocal(t, "--", "sh", "-ec", loginScript, os.Args[0])
	cmd.Dir = t.TempDir()
	said, err := cmd.Output()
	require.NoError(t, err)
	assert.Equal(t, `alice is logged in for 8h0m0s, with groups [ml-engineers, data-team]
alice ["ml-engineers","data-team","system:authenticated"]
alice
local
{"alg":"ES256","typ":"JWT"}
alice
bob
local
carol
`, string(said))
	requireEmpty(t, tmp)
}

func TestLoginArgumentsThatMakeNoSense(t *testing.T) {
	empty := t.TempDir()
	for name, test := range map[string]struct{ args, want string }{
		"nobody":           {"", "an empty user name"},
		"no cluster":       {"--user alice", empty + " holds no cluster that people can log in to"},
		"system groups":    {"--user alice --groups a,system:masters", `group "system:masters": names that begin with system: are`},
		"an empty group":   {"--user alice --groups a,,b", "an empty group name"},
		"a negative ttl":   {"--user alice --ttl -1h", "a lifetime of -1h0m0s: want a second at least"},
		"no duration":      {"--user alice --ttl tomorrow", `invalid argument "tomorrow" for "--ttl" flag`},
		"an unknown flag":  {"--user alice --password x", "unknown flag: --password (see login --help)"},
		"another argument": {"alice", `unexpected argument "alice" (see login --help)`},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], append([]string{"login", "--dir", empty}, strings.Fields(test.args)...)...)
			cmd.Env = append(os.Environ(), beTenancyLocal+"=unused")
			said, err := cmd.CombinedOutput()
			require.Error(t, err)
			assert.Contains(t, string(said), test.want)
			requireEmpty(t, empty)
		})
	}
}
