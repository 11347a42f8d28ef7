#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fills bin/ with what tenancy-local starts: etcd, kube-apiserver,
# kube-controller-manager and kubectl (from the module hack/kubernetes, or from
# the folder KUBEBUILDER_ASSETS), with helm (from the module hack/helm), and with
# the programs of this module. Run it again at any time: what is up to date is
# left alone. `local-binaries.sh helm` and `local-binaries.sh own` build these alone;
# `local-binaries.sh ldflags` prints what our own programs are linked with.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=$root/bin
mkdir -p "$bin"

# version_of MODULE DIR prints the version of MODULE that the go.mod in DIR asks for.
version_of() { awk -v module="$1" '$1 == module { print $2; exit }' "$2/go.mod"; }

# kubernetes_ldflags VERSION prints what stamps the version, under the names that
# upstream's hack/lib/version.sh uses. kubectl refuses a version that it can't
# parse. The tag stands in for the commit, whose hash a Go module does not carry.
kubernetes_ldflags() {
  local version=$1 minor=${1#v*.} package
  printf -- '-s -w'
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    printf -- ' -X %s.%s' "$package" "gitVersion=$version" "$package" "gitMajor=$(cut -d. -f1 <<<"${version#v}")" \
      "$package" "gitMinor=${minor%%.*}" "$package" "gitCommit=$version" "$package" "gitTreeState=clean"
  done
}

# fingerprint DIR LDFLAGS changes with everything that the program of the module in DIR is made from.
fingerprint() {
  (cd "$1" && cat go.mod go.sum && find . -name '*.go' -exec cat {} + && echo "$2" && go env GOVERSION GOOS GOARCH) | sha256sum | cut -d' ' -f1
}

# build_once PROGRAM VERSION DURATION DIR PACKAGE LDFLAGS builds a program of the module in DIR, unless what is in bin/ was
# made from the same. It says every 15 seconds how long it has taken: nothing else shows that a build of 2,000 packages is alive.
build_once() {
  local program=$1 version=$2 duration=$3 dir=$4 package=$5 ldflags=$6 stamp=$bin/.$1.stamp want what build seconds=0
  want=$(fingerprint "$dir" "$ldflags")
  [[ -x $bin/$program && $(cat "$stamp" 2>/dev/null) == "$want" ]] && return
  what="building $program $version (first build takes about $duration on two cores)"
  echo "$what"
  rm -f "$stamp"
  (cd "$dir" && exec go build -ldflags "$ldflags" -o "$bin/$program" "$package") &
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
  printf 'built %s %s in %dm%02ds\n' "$program" "$version" $((seconds / 60)) $((seconds % 60))
}

build_kubernetes() {
  local source=$root/hack/kubernetes version
  version=$(version_of k8s.io/kubernetes "$source")
  build_once kubernetes "$version" '12 minutes' "$source" . "$(kubernetes_ldflags "$version")"
}

build_helm() {
  local source=$root/hack/helm version
  version=$(version_of helm.sh/helm/v4 "$source")
  build_once helm "$version" '2 minutes, after Kubernetes,' "$source" helm.sh/helm/v4/cmd/helm \
    "-s -w -X helm.sh/helm/v4/internal/version.version=$version"
}

# own_ldflags prints what stamps our programs: the chart's appVersion, and the commit where there is one.
own_ldflags() {
  local package=spectrocloud.com/tenancy/pkg/version
  printf -- '-s -w -X %s.version=v%s' "$package" "$(awk '$1 == "appVersion:" { print $2 }' "$root/artifacts/chart/Chart.yaml")"
  if git -C "$root" rev-parse --quiet --verify HEAD >/dev/null 2>&1; then
    printf -- ' -X %s.commit=%s -X %s.date=%s' "$package" "$(git -C "$root" rev-parse HEAD)" "$package" "$(git -C "$root" log -1 --format=%cI)"
  fi
}

# build_own builds our programs as the image ships them: static, and the same wherever the source lies.
build_own() {
  echo "building our own programs"
  (cd "$root" && CGO_ENABLED=0 go build -trimpath -ldflags "$(own_ldflags)" -o "$bin/" ./cmd/...)
}

case ${1:-all} in
  helm) build_helm; exit ;;
  own) build_own; exit ;;
  ldflags) own_ldflags; exit ;;
  all) ;;
  *) echo "usage: local-binaries.sh [helm|own|ldflags]" >&2; exit 2 ;;
esac

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
build_helm
build_own
