#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Writes what local clusters get for our programs from the chart's templates, so that everything is tested with what the chart
# grants and with the policies that it brings.
set -o errexit -o nounset -o pipefail
cd "$(dirname "$0")/.."

hack/local-binaries.sh helm

# render TEMPLATE... prints what the chart makes of the templates, without the labels that say which release an object is of.
render() {
    local template show=()
    for template in "$@"; do show+=(--show-only "${template#artifacts/chart/}"); done
    bin/helm template tenancy artifacts/chart --namespace palette-system "${show[@]}" |
        awk '!NF || /^# Source: / { next } /^  labels:$/ { skip = 1; next } skip && /^    / { next } { skip = 0; print }'
}

{
    cat <<'HEADER'
# SPDX-License-Identifier: Apache-2.0
#
# Written by hack/update-manifests.sh from artifacts/chart/templates/rbac: edit those.
#
# The namespace of the programs, and what each of them may do in the cluster.
apiVersion: v1
kind: Namespace
metadata:
  name: palette-system
HEADER
    render artifacts/chart/templates/rbac/*.yaml
} >pkg/localcluster/manifests/rbac.yaml

{
    cat <<'HEADER'
# SPDX-License-Identifier: Apache-2.0
#
# Written by hack/update-manifests.sh from artifacts/chart/templates/policies: edit those.
HEADER
    render artifacts/chart/templates/policies/*.yaml
} >pkg/localcluster/manifests/policies.yaml
