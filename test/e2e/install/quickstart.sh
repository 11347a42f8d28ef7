#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs the commands of docs/quickstart.md against an empty cluster, and says how long it took until the first GPU request was waiting.
#
#   bin/tenancy-local --pods -- test/e2e/install/quickstart.sh
set -o errexit -o nounset -o pipefail
cd "$(dirname "$0")/../../.."

# The first block of code.
mapfile -t commands < <(awk '/^```/ { if (++fences == 2) exit; next } fences == 1' docs/quickstart.md)
began=$EPOCHREALTIME
for command in "${commands[@]}"; do
    printf '\n$ %s\n' "$command"
    said=$(eval "$command")
    printf '%s\n' "$said"
done
ended=$EPOCHREALTIME
if ! grep -q '^inference .*Pending' <<<"$said"; then
    echo 'no request is waiting' >&2
    exit 1
fi
printf '\n%d commands, %d.%01d seconds\n' "${#commands[@]}" $(((${ended/./} - ${began/./}) / 1000000)) $(((${ended/./} - ${began/./}) / 100000 % 10))
