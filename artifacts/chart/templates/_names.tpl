{{- /*
SPDX-License-Identifier: Apache-2.0

Names and labels. Names do not depend on the release: the API group is one to a cluster, and so is what serves it.
*/ -}}

{{- define "tenancy.systemNamespace" -}}
{{ .Values.systemNamespace | default .Release.Namespace }}
{{- end }}

{{- /* Labels that a workload is selected by. They can't be changed. Called with a dict of root and component. */ -}}
{{- define "tenancy.selector" -}}
app.kubernetes.io/name: tenancy
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- /* Labels of every object. Called with a dict of root and, where there is one, component. */ -}}
{{- define "tenancy.labels" -}}
app.kubernetes.io/name: tenancy
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "tenancy.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- /* The versions of the API group that are served. */ -}}
{{- define "tenancy.versions" -}}
- v1alpha1
- v1beta1
{{- end }}

{{- /* A quantity as a number, to compare it with another that may be spelled differently. */ -}}
{{- define "tenancy.number" -}}
{{- $unit := regexFind "[a-zA-Z]*$" . -}}
{{- $units := dict "" 1 "m" 1e-3 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 "Ki" 0x1p10 "Mi" 0x1p20 "Gi" 0x1p30 "Ti" 0x1p40 "Pi" 0x1p50 "Ei" 0x1p60 -}}
{{- mulf (trimSuffix $unit . | float64) (get $units $unit) -}}
{{- end }}
