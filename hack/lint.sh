#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Vets and lints every module, as staticcheck.conf says. Generated packages are their generators' to lint.
set -o errexit -o nounset -o pipefail
cd "$(dirname "$0")/.."

(cd hack/tools && GOBIN="$OLDPWD/bin/tools" go install honnef.co/go/tools/cmd/staticcheck)
staticcheck=$PWD/bin/tools/staticcheck
for module in . hack/tools hack/kubernetes hack/alerts; do
    (cd "$module" && go list ./... | grep -v '/generated/' | xargs bash -c 'go vet "$@" && "$0" "$@"' "$staticcheck")
done
