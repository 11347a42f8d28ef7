#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Formats the Go files that people wrote, imports grouped as standard library, others, ours.
set -o errexit -o nounset -o pipefail
cd "$(dirname "$0")/.."

(cd hack/tools && GOBIN="$OLDPWD/bin/tools" go install golang.org/x/tools/cmd/goimports)
git ls-files --cached --others --exclude-standard -- '*.go' ':!generated' ':!**/zz_generated.*' ':!**/generated.*' |
    while read -r file; do if [ -e "$file" ]; then echo "$file"; fi; done |
    xargs bash -c 'gofmt -s -w "$@" && bin/tools/goimports -local spectrocloud.com/tenancy -w "$@"' format
