{{- /*
SPDX-License-Identifier: Apache-2.0

What the pods of both programs have in common. Everything here passes Pod Security's level "restricted".
*/ -}}

{{- /* Pod-level settings. Called with a dict of root and values, which are those of the program. */ -}}
{{- define "tenancy.pod" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .root.Values.podSecurity.runAsUser }}
  runAsGroup: {{ .root.Values.podSecurity.runAsGroup }}
  # Files from Secrets, and the volume of the embedded etcd, are readable to this group.
  fsGroup: {{ .root.Values.podSecurity.fsGroup }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Replicas on different nodes, and if there are several, in different zones. Called with the component's name. */ -}}
{{- define "tenancy.spread" -}}
topologySpreadConstraints:
  # Counted per revision, so that a rollout is not held up by the pods that it replaces. With fewer nodes than replicas, some share one.
  - topologyKey: kubernetes.io/hostname
    maxSkew: 1
    whenUnsatisfiable: DoNotSchedule
    nodeTaintsPolicy: Honor
    labelSelector:
      matchLabels:
        {{- include "tenancy.selector" (dict "component" .) | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  - topologyKey: topology.kubernetes.io/zone
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    nodeTaintsPolicy: Honor
    labelSelector:
      matchLabels:
        {{- include "tenancy.selector" (dict "component" .) | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
{{- end }}

{{- define "tenancy.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{- /* Environment: which namespace a program is in, and then the values'. */ -}}
{{- define "tenancy.env" -}}
env:
  - name: POD_NAMESPACE
    valueFrom:
      fieldRef:
        fieldPath: metadata.namespace
  {{- with .extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "tenancy.probe" -}}
httpGet:
  path: {{ .path }}
  port: https
  scheme: HTTPS
timeoutSeconds: {{ .timeout | default 5 }}
periodSeconds: {{ .period }}
failureThreshold: {{ .failures }}
{{- with .grace }}
terminationGracePeriodSeconds: {{ . }}
{{- end }}
{{- end }}
