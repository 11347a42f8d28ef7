#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A platform team, a data science team and an auditor, from the first Tenant to the last namespace, with the seed's YAML and commands. Each step
# is taken by the person who would take it, logged in with an ID token of their groups.
#
#   bin/tenancy-local -- test/e2e/story.sh
set -o errexit -o nounset -o pipefail
cd "$(dirname "$0")/../../artifacts/samples"

step() { printf '\n== %s\n' "$*"; }
login() { tenancy-local login --dir "$(dirname "$KUBECONFIG")" --user "$1" --groups "$2" >/dev/null; }

# as NAME COMMAND... runs kubectl as that person.
as() { local who=$1; shift; echo "$who\$ kubectl $*" >&2; kubectl --context "$who" "$@"; }

# refused NAME REASON COMMAND... requires that kubectl fails for that person, and says so.
refused() {
    local who=$1 reason=$2 said; shift 2
    if said=$(as "$who" "$@" 2>&1); then echo "it was allowed: $said" >&2; exit 1; fi
    if [[ $said != *"$reason"* ]]; then echo "refused, but not because of $reason: $said" >&2; exit 1; fi
}

# shows NAME WANT COMMAND... requires that kubectl prints WANT, soon.
shows() {
    local who=$1 want=$2 said=; shift 2
    for _ in {1..150}; do
        if said=$(as "$who" "$@" 2>&1) && [[ $said == *"$want"* ]]; then return; fi
        sleep 0.2
    done
    echo "still not $want: $said" >&2; exit 1
}

# soon CHECK... repeats one of the checks above until it holds.
soon() {
    for _ in {1..150}; do
        if ("$@") 2>/dev/null; then return; fi
        sleep 0.2
    done
    "$@"
}

# nothing NAME COMMAND... requires that kubectl prints nothing.
nothing() { local who=$1 said; shift; said=$(as "$who" "$@"); if [[ -n $said ]]; then echo "unexpected: $said" >&2; exit 1; fi; }

for person in sre:sara ml-engineers:mia auditors:avery admin:ada interns:ivy rivals:rita nobody:otto; do login "${person#*:}" "${person%:*}"; done
root=$(kubectl config current-context)

step 'The cluster administrator makes the Tenant'
as "$root" apply -f 01-tenant.yaml
as "$root" wait --for=condition=Ready tenant/primary-dev --timeout=30s
shows sara primary-dev get tenants
nothing otto get tenants -o name
refused otto 'not found' get tenant primary-dev

step 'Sara of the platform team gives it integrations, and a Project'
as sara create secret generic palette-credentials -n primary-dev --from-literal=palette='{"apiKey":"secret"}'
as sara create -f 06-settings.yaml
as sara create -f 02-project.yaml
as sara wait --for=condition=Ready project/project-a -n project-a --timeout=30s
as sara apply -f 07-project-settings.yaml -f 08-computeconfig.yaml -f 09-scalingpolicy.yaml
as sara apply -f 13-componentdefinition.yaml -f 14-traitdefinition.yaml -f 15-policydefinition.yaml
shows mia project-a get projects -A
shows mia primary-dev get tenants
shows mia 'primary-dev/palette-credentials:palette' get project project-a -n project-a --subresource=effectivesettings
refused mia forbidden get secrets -n primary-dev

step 'Ada, who administers the Project, adds a ComputePool; Mia may not'
refused mia 'cannot create resource "computepools"' create -f 03-computepool.yaml
as ada apply -f 03-computepool.yaml
shows avery Admitted get computepools -n project-a
refused mia forbidden patch settings dev-settings -n project-a --type=merge -p '{"spec":{"displayName":"mine"}}'
refused mia forbidden delete componentdefinition webservice -n project-a

step 'Mia of the data scientists makes a profile, a newer revision, a bundle, and deploys'
as mia apply -f 11-workloadprofile.yaml
as mia apply -f 12-workloadprofile-revision.yaml
shows avery 2 get workloadprofile inference-v2 -n project-a -o jsonpath='{.status.revision}'
refused mia 'create another WorkloadProfile' patch workloadprofile inference -n project-a --type=merge -p '{"spec":{"displayName":"x"}}'
as mia apply -f 10-profilebundle.yaml
as mia apply -f 04-aiworkload.yaml -f 05-model-deployment.yaml
shows mia Admitted get aiworkloads -n project-a
refused mia 'at most 6' create -f - <<< '{"apiVersion":"spectrocloud.com/v1alpha1","kind":"AIWorkload","metadata":{"name":"big","namespace":"project-a"},"spec":{"gpuRequests":{"NVIDIA-A100":7}}}'

step 'Avery audits: reads everything but Secrets, changes nothing'
for kind in settings computeconfigs scalingpolicies computepools aiworkloads profilebundles workloadprofiles componentdefinitions traitdefinitions policydefinitions; do
    shows avery / get "$kind" -n project-a -o name
done
refused avery forbidden get secrets -n project-a
refused avery forbidden delete aiworkload fraud-detection -n project-a
as avery get project project-a -n project-a --subresource=gpuusage

step 'Who uses what, by the commands of the documentation'
shows sara '"NVIDIA-A100":6' get tenant primary-dev --output jsonpath='{.status.gpuUsage}'
shows avery '"NVIDIA-A100":6' get project project-a --namespace project-a --output jsonpath='{.status.gpuUsage}'

step 'Ada lowers the limit below what is in use: new requests wait until there is room'
as ada patch project project-a -n project-a --type=merge -p '{"spec":{"gpuResources":{"limits":{"NVIDIA-A100":4}}}}'
shows avery '"status":"True"' get project project-a --namespace project-a --output jsonpath='{.status.conditions[?(@.type=="Oversubscribed")]}'
as mia create -f - <<< '{"apiVersion":"spectrocloud.com/v1alpha1","kind":"AIWorkload","metadata":{"name":"next","namespace":"project-a"},"spec":{"gpuRequests":{"NVIDIA-A100":2}}}'
shows mia Pending get aiworkload next -n project-a
as mia delete aiworkload fraud-detection -n project-a
shows mia Admitted get aiworkload next -n project-a
shows avery '"status":"False"' get project project-a --namespace project-a --output jsonpath='{.status.conditions[?(@.type=="Oversubscribed")]}'

step 'Access follows the mapping'
nothing ivy get projects -A -o name
as ada patch project project-a -n project-a --type=merge -p '{"spec":{"roleMapping":{"viewer":["auditors","interns"]}}}'
shows ivy project-a get projects -A
shows ivy inference get workloadprofiles -n project-a
as ada patch project project-a -n project-a --type=merge -p '{"spec":{"roleMapping":{"viewer":["auditors"]}}}'
refused ivy 'not found' get project project-a -n project-a
soon refused ivy forbidden get workloadprofiles -n project-a

step "Another organization sees nothing of it, and can't take part"
as "$root" create -f - <<< '{"apiVersion":"spectrocloud.com/v1alpha1","kind":"Tenant","metadata":{"name":"other"},"spec":{"tenantRoleMapping":{"groups":["rivals"]}}}'
as "$root" wait --for=condition=Ready tenant/other --timeout=30s
shows rita tenant.spectrocloud.com/other get tenants -o name
nothing rita get projects -A -o name
refused rita 'not found' get tenant primary-dev
refused rita forbidden create -f - <<< '{"apiVersion":"spectrocloud.com/v1alpha1","kind":"Project","metadata":{"name":"spy","namespace":"spy"},"spec":{"tenantRef":{"name":"primary-dev"}}}'
refused rita forbidden get aiworkloads -n project-a

step 'The Project ends, and with it its namespace; then the Tenant'
refused "$root" project-a delete tenant primary-dev
as sara delete project project-a -n project-a --timeout=60s
as "$root" wait --for=delete namespace/project-a --timeout=60s
as "$root" delete tenant primary-dev other --timeout=60s
refused "$root" 'not found' get tenant primary-dev
