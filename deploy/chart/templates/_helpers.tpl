{{- define "netclinic.name" -}}
{{- /* A Service's name has no dots and begins with a letter; what is appended here and by Jobs needs room, too. */ -}}
{{- $name := .Release.Name | replace "." "-" }}
{{- if not (contains "netclinic" $name) }}{{ $name = printf "%s-netclinic" $name }}{{ end }}
{{- if regexMatch "^[0-9]" $name }}{{ $name = printf "release-%s" $name }}{{ end }}
{{- regexReplaceAll "-+$" ($name | trunc 52) "" }}
{{- end }}

{{- define "netclinic.selector" -}}
app.kubernetes.io/name: netclinic
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "netclinic.labels" -}}
{{ include "netclinic.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "netclinic.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "netclinic.name" .) }}
{{- end }}

{{- define "netclinic.image" -}}
{{ required "image.repository: name where you pushed the image, such as registry.example.com/tools/netclinic" .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "netclinic.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "netclinic.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* What does not go together is told before anything is applied. */ -}}
{{- define "netclinic.check" -}}
{{- $postgresql := eq .Values.database.kind "postgresql" }}
{{- if and (gt (int .Values.replicas) 1) (not $postgresql) }}
{{- fail "replicas: several need database.kind=postgresql, since SQLite's file belongs to one process" }}
{{- end }}
{{- if and $postgresql (not (has "NETCLINIC_DATABASE_URL" .Values.secrets.keys)) }}
{{- fail "secrets.keys: database.kind=postgresql needs NETCLINIC_DATABASE_URL among them" }}
{{- end }}
{{- $secrets := .Files.Lines "files/secrets.txt" }}
{{- $known := .Files.Lines "files/settings.txt" }}
{{- range $name, $_ := .Values.settings }}
{{- if has $name $secrets }}
{{- fail (printf "settings: %s is a secret and belongs into the Secret alone: name it among secrets.keys" $name) }}
{{- end }}
{{- if or (hasPrefix "ALIBABA_CLOUD_ACCESS_KEY" $name) (hasPrefix "ALIBABA_CLOUD_SECURITY_TOKEN" $name) }}
{{- fail (printf "settings: %s is a secret: use rrsa.roleName, or extraEnv with a secretKeyRef" $name) }}
{{- end }}
{{- if not (or (has $name $known) (hasPrefix "ALIBABA_CLOUD_" $name)) }}
{{- fail (printf "settings: netclinic has no setting %s; docs/settings.md lists them" $name) }}
{{- end }}
{{- end }}
{{- $given := list "NETCLINIC_HEALTH_ADDRESS" "NETCLINIC_DATA_DIR" }}
{{- if .Values.service.slack }}{{ $given = append $given "NETCLINIC_HTTP_ADDRESS" }}{{ end }}
{{- if .Values.knowledge.existingConfigMap }}{{ $given = concat $given (list "NETCLINIC_KNOWLEDGE_DIR" "NETCLINIC_INDEX_DIR") }}{{ end }}
{{- range $name := $given }}
{{- if hasKey $.Values.settings $name }}
{{- fail (printf "settings: the chart sets %s itself; leave it out" $name) }}
{{- end }}
{{- end }}
{{- range $name := list "app.kubernetes.io/name" "app.kubernetes.io/instance" }}
{{- if hasKey $.Values.podLabels $name }}
{{- fail (printf "podLabels: %s tells the chart's own pods from others; leave it out" $name) }}
{{- end }}
{{- end }}
{{- $socket := has "SLACK_APP_TOKEN" .Values.secrets.keys }}
{{- if not (or $socket (has "SLACK_SIGNING_SECRET" .Values.secrets.keys)) }}
{{- fail "secrets.keys: netclinic needs SLACK_APP_TOKEN, or SLACK_SIGNING_SECRET for HTTP mode" }}
{{- end }}
{{- if not (or $socket .Values.service.slack) }}
{{- fail "secrets.keys: without SLACK_APP_TOKEN Slack comes to netclinic: it needs service.slack, and an Ingress before it" }}
{{- end }}
{{- if and .Values.service.slack (has "SLACK_APP_TOKEN" .Values.secrets.keys) (not (has "NETCLINIC_ALERTS_TOKEN" .Values.secrets.keys)) }}
{{- fail "service.slack: with SLACK_APP_TOKEN Slack is heard by Socket Mode and needs no Service; leave either out" }}
{{- end }}
{{- end }}
