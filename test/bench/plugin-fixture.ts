/** A repository with a long history and charts of a known size, for the plugin's benchmarks. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Size {
  name: string;
  objects: number;
  /** Bytes of the render, roughly. */
  bytes: number;
}

export const SIZES: readonly Size[] = [
  { name: '20 KB', objects: 10, bytes: 20_000 },
  { name: '1 MB', objects: 500, bytes: 1_000_000 },
  { name: '10 MB', objects: 4000, bytes: 10_000_000 },
];

export interface Fixture {
  root: string;
  pathOf(size: Size): string;
  remove(): void;
}

const COMMITS = 5000;

/** A monorepo: every commit but the first and the middle one touches other applications. */
export function makeFixture(): Fixture {
  const root = mkdtempSync(join(tmpdir(), 'stageline-bench-'));
  const git = (args: string[], input?: string): void => {
    execFileSync('git', args, {
      cwd: root,
      ...(input === undefined ? {} : { input }),
      stdio: ['pipe', 'ignore', 'inherit'],
    });
  };
  git(['init', '--quiet', '--initial-branch=main']);
  git(['fast-import', '--quiet'], history());
  git(['checkout', '--quiet', 'main']);
  return { root, pathOf: chartPath, remove: () => rmSync(root, { recursive: true, force: true }) };
}

function history(): string {
  const commits = Array.from({ length: COMMITS }, (_, index) => {
    const files = index === 0 ? startFiles() : index === COMMITS / 2 ? touched() : otherFile(index);
    const message = `commit ${index}`;
    const changes = Object.entries(files)
      .map(([path, text]) => `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`)
      .join('');
    return `commit refs/heads/main\ncommitter Ada <ada@example.com> ${1_700_000_000 + index * 60} +0000\ndata ${message.length}\n${message}\n${changes}\n`;
  });
  return `${commits.join('')}done\n`;
}

function otherFile(index: number): Record<string, string> {
  return { [`apps/team-${index % 40}/service-${index % 7}/values.yaml`]: `tag: v${index}\n` };
}

function touched(): Record<string, string> {
  return Object.fromEntries(SIZES.map((size) => [`${chartPath(size)}/values.yaml`, 'image:\n  tag: v2\n']));
}

function chartPath(size: Size): string {
  return `apps/bench/${size.name.replace(' ', '-').toLowerCase()}`;
}

function startFiles(): Record<string, string> {
  const stages = SIZES.map(
    (size) =>
      `  - name: ${size.name.replace(' ', '-').toLowerCase()}\n    application: bench-${size.objects}\n    path: ${chartPath(size)}\n    preDeployment:\n      - name: ready\n        http: { url: "http://bench.svc/" }\n    postDeployment:\n      - name: answers\n        http: { url: "http://bench.svc/" }\n`,
  );
  const pipeline = `apiVersion: stageline.dev/v1\npipeline: bench\nmoves:\n  - helmValues: { keys: [image.tag] }\nstages:\n${stages.join('')}`;
  return Object.assign({ 'stageline.yaml': pipeline }, ...SIZES.map(chart));
}

function chart(size: Size): Record<string, string> {
  const path = chartPath(size);
  const padding = Math.max(1, Math.round((size.bytes / size.objects - 480) / 64));
  return {
    [`${path}/Chart.yaml`]: 'apiVersion: v2\nname: bench\nversion: 0.1.0\n',
    [`${path}/values.yaml`]: 'image:\n  tag: v1\n',
    [`${path}/templates/objects.yaml`]: `{{- range $index := until ${size.objects} }}
---
{{- if eq (mod $index 2) 0 }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{{ $index }}
  labels:
    app.kubernetes.io/name: app-{{ $index }}
    app.kubernetes.io/version: {{ $.Values.image.tag | quote }}
spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: app-{{ $index }}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: app-{{ $index }}
    spec:
      containers:
        - name: main
          image: "example/app:{{ $.Values.image.tag }}"
          env:
{{- range $line := until ${Math.max(1, Math.round(padding * 0.9))} }}
            - {name: "VARIABLE_{{ $line }}", value: "a value of some length"}
{{- end }}
{{- else }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: config-{{ $index }}
  annotations:
    example.com/owner: "team"
data:
{{- range $line := until ${padding} }}
  setting-{{ $line }}: "a setting of a certain length, with text"
{{- end }}
{{- end }}
{{- end }}
`,
  };
}
