/** For tests only: renders written as YAML, and what a render knows besides. */
import { parseAllDocuments } from 'yaml';
import { compileKeptn, type CompiledKeptn, type KeptnRender } from './compile.ts';
import type { JsonObject, RenderedObject } from './objects.ts';

export const COMMIT = 'c0ffee'.padEnd(40, '0');

export const RENDER: KeptnRender = {
  application: 'simple-go-dev',
  namespace: 'simple-go-dev',
  head: '1'.repeat(40),
  source: { repoURL: 'https://git.example.com/simple.git', path: 'chart-dev', targetRevision: 'main' },
  commit: { id: COMMIT, mode: 'git' },
  apiVersions: 'v1,apps/v1',
  coexist: false,
};

/** Objects of a YAML stream, each from a template of its place. The last of a key counts, as in Kubernetes. */
export function objectsOf(stream: string): RenderedObject[] {
  return parseAllDocuments(stream, { uniqueKeys: false, logLevel: 'silent' }).flatMap((document, index) => {
    const object: JsonObject | null = document.toJS();
    return object === null ? [] : [{ object, source: `templates/${index + 1}.yaml` }];
  });
}

/** Compiles a stream that must be one of Keptn's. */
export function compile(stream: string, render: Partial<KeptnRender> = {}): CompiledKeptn {
  const compiled = compileKeptn(objectsOf(stream), { ...RENDER, ...render });
  if (!compiled) throw new Error('the stream has nothing of Keptn');
  return compiled;
}

/** A Deployment whose pods carry Keptn's recommended labels. */
export function deployment(
  name: string,
  options: { annotations?: Record<string, string>; version?: string } = {},
): string {
  const { annotations = {}, version = 'v1' } = options;
  return `---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: simple-go-dev }
spec:
  template:
    metadata:
      labels: { app.kubernetes.io/name: ${name}, app.kubernetes.io/part-of: simple-go, app.kubernetes.io/version: ${version} }
      annotations: ${JSON.stringify(annotations)}
    spec: { containers: [{ name: main, image: 'ghcr.io/example/${name}:${version}' }] }
`;
}

/** An object of Keptn's lifecycle group, its spec as YAML in flow style. */
export function lifecycle(kind: string, name: string, spec: string, version = 'v1'): string {
  return `---
apiVersion: lifecycle.keptn.sh/${version}
kind: ${kind}
metadata: { name: ${name}, namespace: simple-go-dev }
spec: ${spec}
`;
}

/** As `lifecycle`, of the metrics group. */
export function metrics(kind: string, name: string, spec: string, version = 'v1'): string {
  return lifecycle(kind, name, spec, version).replace('lifecycle.keptn.sh', 'metrics.keptn.sh');
}
