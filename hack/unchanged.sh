#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# unchanged.sh COMMAND runs COMMAND and fails if that changed a file of the work tree that git does not ignore. What was
# changed before is let be, so that a developer may run it at any time; git's index and branches are not touched.
set -o errexit -o nounset -o pipefail
cd "$(dirname "$0")/.."

snapshot() {
    git ls-files --cached --others --exclude-standard | LC_ALL=C sort -u |
        while read -r file; do if [ -f "$file" ]; then sha256sum "$file"; else echo "missing $file"; fi; done
}

before=$(snapshot)
output=$("$@" 2>&1) || { echo "$output" >&2; exit 1; }
after=$(snapshot)
if [ "$before" != "$after" ]; then
    echo "$(basename "$1") changed files; run it and commit what it writes:" >&2
    diff <(echo "$before") <(echo "$after") | awk '/^>/ {print "  " $NF} /^</ {print "  " $NF}' | sort -u >&2
    exit 1
fi
