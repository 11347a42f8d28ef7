#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Writes everything that is generated from the API types in apis/: helpers beside them, clients and OpenAPI under
# generated/. Needs nothing but Go: the tools, protoc included, are built from hack/tools.
set -o errexit -o nounset -o pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
module=spectrocloud.com/tenancy
apis=$module/apis/spectrocloud
export GOBIN=$root/bin/tools PATH=$root/bin/tools:$PATH
boilerplate=$root/hack/boilerplate.go.txt

# module_dir MODULE [GO_MOD_DIR] prints where the module cache holds MODULE at the version of that go.mod.
module_dir() { (cd "$root/${2:-hack/tools}" && go mod download "$1" && go list -m -f '{{.Dir}}' "$1"); }

(cd "$root/hack/tools" && go install tool ./protoc)
# shellcheck disable=SC1091 # found at run time, in the module cache
source "$(module_dir k8s.io/code-generator)/kube_codegen.sh"

cd "$root"
kube::codegen::gen_helpers --boilerplate "$boilerplate" apis

# go-to-protobuf reads and writes files by import path, so it is given a tree that looks like one.
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/spectrocloud.com" "$tree/k8s.io" "$tree/github.com/gogo"
ln -s "$root" "$tree/$module"
ln -s "$(module_dir k8s.io/apimachinery .)" "$tree/k8s.io/apimachinery"
ln -s "$(module_dir github.com/gogo/protobuf)" "$tree/github.com/gogo/protobuf"
echo "Generating protobuf code"
rm -f apis/spectrocloud/v1*/generated.*
go-to-protobuf \
    --go-header-file "$boilerplate" \
    --output-dir "$tree" \
    --apimachinery-packages "$(printf -- '-%s,' \
        k8s.io/apimachinery/pkg/util/intstr k8s.io/apimachinery/pkg/api/resource k8s.io/apimachinery/pkg/runtime/schema \
        k8s.io/apimachinery/pkg/runtime)-k8s.io/apimachinery/pkg/apis/meta/v1" \
    --packages "$apis/v1alpha1,$apis/v1beta1"

kube::codegen::gen_openapi \
    --boilerplate "$boilerplate" \
    --output-dir generated/openapi --output-pkg $module/generated/openapi \
    --output-model-name-file zz_generated.model_name.go \
    --report-filename hack/openapi-violations.list ${UPDATE_API_KNOWN_VIOLATIONS:+--update-report} \
    apis
kube::codegen::gen_client \
    --boilerplate "$boilerplate" \
    --output-dir generated --output-pkg $module/generated \
    --with-watch --with-applyconfig --prefers-protobuf \
    apis
