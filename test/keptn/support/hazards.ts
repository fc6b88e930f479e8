/**
 * What charts in the wild do, in one chart: duplicate keys, unquoted and empty scalars, a random version, a namespace of
 * its own, a definition without one, a function that looks away. Text here, since no YAML file of it would stay as it is.
 */
export const HAZARDS: Readonly<Record<string, string>> = {
  'chart/Chart.yaml': 'apiVersion: v2\nname: hazards\nversion: 0.1.0\n',
  'chart/values.yaml': 'serviceVersion: v1\ncommitID: ""\ntraceParent: ""\nnamespace: beacon-prod\n',
  'chart/templates/app.yaml': `# The application renders the very namespace that its objects name; the destination is another one.
apiVersion: v1
kind: Namespace
metadata:
  name: {{ .Values.namespace }}
  annotations:
    keptn.sh/lifecycle-toolkit: enabled
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: beacon
  namespace: {{ .Values.namespace }}
spec:
  selector:
    matchLabels: {app: beacon}
  template:
    metadata:
      annotation:
      annotations:
      labels:
        app: beacon
        app.kubernetes.io/name: beacon
        app.kubernetes.io/part-of: beacon
        # A new one with every render: Argo CD sees a difference each time.
        app.kubernetes.io/version: "{{ .Values.serviceVersion }}-{{ randAlphaNum 16 }}"
    spec:
      containers:
        - name: beacon
          image: ghcr.io/example/beacon:{{ .Values.serviceVersion }}
          # The last of a key counts, and only that.
          env:
            - name: MAX_REQUESTS_PER_SECOND
              value: "10"
          ports:
            - containerPort: 8080
          env:
            - name: GREETING
              value: "yes"
          securityContext:
            runAsUser: 0777
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: beacon
  namespace: {{ .Values.namespace }}
spec:
  selector:
    matchLabels: {app: beacon}
`,
  'chart/templates/keptn.yaml': `apiVersion: lifecycle.keptn.sh/v1beta1
kind: KeptnAppContext
metadata:
  name: beacon
  namespace: {{ .Values.namespace }}
spec:
  metadata:
    commitID: first
  postDeploymentEvaluations:
    - response-time
  promotionTasks:
    - promote
  metadata:
    commitID: {{ .Values.commitID }}
  spanLinks:
    - {{ .Values.traceParent }}
---
apiVersion: lifecycle.keptn.sh/v1
kind: KeptnTaskDefinition
metadata:
  name: promote
  namespace: {{ .Values.namespace }}
spec:
  deno:
    secureParameters:
      secret: github-token
    inline:
      code: |
        await fetch("https://api.github.com/repos/o/r/actions/workflows/promote.yaml/dispatches", { method: "POST" });
---
apiVersion: lifecycle.keptn.sh/v1
kind: KeptnEvaluationDefinition
metadata:
  name: response-time
spec:
  objectives:
    - keptnMetricRef:
        name: response-time
      evaluationTarget: "<0.5"
---
apiVersion: metrics.keptn.sh/v1
kind: KeptnMetric
metadata:
  name: response-time
  namespace: {{ .Values.namespace }}
spec:
  provider:
    name: my-provider
  query: "sum(response_seconds)"
  fetchIntervalSeconds: 5
---
apiVersion: metrics.keptn.sh/v1
kind: KeptnMetricsProvider
metadata:
  name: my-provider
  namespace: {{ .Values.namespace }}
spec:
  type: prometheus
  targetServer: "http://prometheus-k8s.monitoring.svc.cluster.local:9090"
---
apiVersion: metrics.keptn.sh/v1
kind: AnalysisValueTemplate
metadata:
  name: response-time
  namespace: {{ .Values.namespace }}
spec:
  provider:
    name: my-provider
  query: 'sum(rate(response_seconds{job="{{ "{{.workload}}" }}"}[5m]))'
---
apiVersion: metrics.keptn.sh/v1
kind: AnalysisDefinition
metadata:
  name: quality
  namespace: {{ .Values.namespace }}
spec:
  objectives:
    - analysisValueTemplateRef:
        name: response-time
      target:
        failure:
          greaterThan:
            fixedValue: 500m
      weight: 1
  totalScore:
    passPercentage: 100
    warningPercentage: 50
`,
};
