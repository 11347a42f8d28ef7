#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Writes docs/api-reference.md from the types in apis/. test/documents fails where it would change anything.
set -o errexit -o nounset -o pipefail
cd "$(dirname "$0")/.."
exec go test ./test/documents -run TheAPIReference -update
