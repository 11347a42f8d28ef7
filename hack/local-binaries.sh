#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fills bin/ with what tenancy-local starts: etcd, kube-apiserver,
# kube-controller-manager and kubectl (from the module hack/kubernetes, or from
# the folder KUBEBUILDER_ASSETS), and the programs of this module.
# Run it again at any time: what is up to date is left alone.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=$root/bin
source=$root/hack/kubernetes
version=$(awk '$1 == "k8s.io/kubernetes" { print $2; exit }' "$source/go.mod")
mkdir -p "$bin"

# kubernetes_ldflags prints what stamps the version, under the names that
# upstream's hack/lib/version.sh uses. kubectl refuses a version that it can't
# parse. The tag stands in for the commit, whose hash a Go module does not carry.
kubernetes_ldflags() {
  local minor=${version#v*.} package
  printf -- '-s -w'
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    printf -- ' -X %s.%s' "$package" "gitVersion=$version" "$package" "gitMajor=$(cut -d. -f1 <<<"${version#v}")" \
      "$package" "gitMinor=${minor%%.*}" "$package" "gitCommit=$version" "$package" "gitTreeState=clean"
  done
}

# fingerprint changes with everything the Kubernetes binary is made from.
fingerprint() {
  (cd "$source" && cat go.mod go.sum ./*.go "$root/hack/local-binaries.sh" && go env GOVERSION GOOS GOARCH) | sha256sum | cut -d' ' -f1
}

# build_kubernetes links the multi-call binary, and says every 15 seconds how
# long it has taken: nothing else shows that a build of 2,000 packages is alive.
build_kubernetes() {
  local stamp=$bin/.kubernetes.stamp want what build seconds=0
  want=$(fingerprint)
  [[ -x $bin/kubernetes && $(cat "$stamp" 2>/dev/null) == "$want" ]] && return
  what="building Kubernetes $version (first build takes about 12 minutes on two cores)"
  echo "$what"
  rm -f "$stamp"
  (cd "$source" && exec go build -ldflags "$(kubernetes_ldflags)" -o "$bin/kubernetes" .) &
  build=$!
  trap 'kill "$build" 2>/dev/null || true' EXIT
  while kill -0 "$build" 2>/dev/null; do
    sleep 1
    seconds=$((seconds + 1))
    if ((seconds % 15 == 0)); then
      printf '%s: %dm%02ds\n' "$what" $((seconds / 60)) $((seconds % 60))
    fi
  done
  wait "$build"
  trap - EXIT
  echo "$want" >"$stamp"
  printf 'built Kubernetes %s in %dm%02ds\n' "$version" $((seconds / 60)) $((seconds % 60))
}

from_assets=()
from_source=(etcd kube-apiserver kubectl kube-controller-manager)
if [[ -n ${KUBEBUILDER_ASSETS:-} && ! $KUBEBUILDER_ASSETS -ef $bin ]]; then
  from_assets=(etcd kube-apiserver kubectl)
  from_source=()
  for program in "${from_assets[@]}"; do
    if [[ ! -x $KUBEBUILDER_ASSETS/$program ]]; then
      echo "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS has no $program: point it to a folder of etcd, kube-apiserver and kubectl, or unset it" >&2
      exit 1
    fi
  done
  # envtest's archives come without kube-controller-manager.
  if [[ -x $KUBEBUILDER_ASSETS/kube-controller-manager ]]; then
    from_assets+=(kube-controller-manager)
  else
    from_source=(kube-controller-manager)
  fi
fi
for program in ${from_assets[@]+"${from_assets[@]}"}; do
  ln -sfn "$(cd "$KUBEBUILDER_ASSETS" && pwd)/$program" "$bin/$program"
done
if ((${#from_source[@]})); then
  build_kubernetes
fi
for program in ${from_source[@]+"${from_source[@]}"}; do
  ln -sfn kubernetes "$bin/$program"
done

echo "building tenancy-apiserver, tenancy-controller-manager and tenancy-local"
cd "$root"
go build -o "$bin/" ./cmd/...
