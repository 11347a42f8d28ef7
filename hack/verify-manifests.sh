#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fails if hack/update-manifests.sh would change anything.
exec "$(dirname "$0")/unchanged.sh" "$(dirname "$0")/update-manifests.sh"
