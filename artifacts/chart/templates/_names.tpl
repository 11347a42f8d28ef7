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
app.kubernetes.io/instance: {{ .root.Release.Name }}
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
