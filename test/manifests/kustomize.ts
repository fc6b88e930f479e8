/** Builds folders of manifests/ with the real kubectl, alone or over the fixture of Argo CD. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tmpdir } from 'node:os';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

export const root = path.resolve(import.meta.dirname, '../..');
export const manifests = path.join(root, 'manifests');
const kubectl = path.join(root, 'node_modules/.cache/stageline/bin/kubectl');

const env = z.looseObject({ name: z.string(), value: z.string().optional() });
const container = z.looseObject({
  name: z.string(),
  image: z.string().optional(),
  command: z.array(z.string()).optional(),
  env: z.array(env).optional(),
  ports: z.array(z.looseObject({ name: z.string().optional(), containerPort: z.number() })).optional(),
  resources: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  securityContext: z.looseObject({}).optional(),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).optional(),
});
export type Container = z.output<typeof container>;

export const ManifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
  data: z.record(z.string(), z.string()).optional(),
});
export type Manifest = z.output<typeof ManifestSchema>;

const PodTemplate = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        securityContext: z.looseObject({}).optional(),
        containers: z.array(container),
        initContainers: z.array(container).optional(),
        volumes: z.array(z.looseObject({ name: z.string() })).optional(),
      }),
    }),
  }),
});

/** What `kubectl kustomize` prints for a folder of manifests/. */
export function build(folder: string): string {
  return kustomize(path.join(manifests, folder));
}

/** The same for components over the fixture of Argo CD, with further resources of manifests/. */
export function buildOverArgoCd(overlay: {
  components: string[];
  resources?: string[];
  withoutArgoCd?: boolean;
}): string {
  const base = mkdtempSync(path.join(tmpdir(), 'stageline-kustomize-'));
  try {
    cpSync(path.join(import.meta.dirname, 'fixture/argocd.yaml'), path.join(base, 'argocd.yaml'));
    const link = (folder: string): string => path.relative(base, path.join(manifests, folder));
    writeFileSync(
      path.join(base, 'kustomization.yaml'),
      JSON.stringify({
        namespace: 'argocd',
        resources: [
          ...(overlay.withoutArgoCd === true ? [] : ['argocd.yaml']),
          ...(overlay.resources ?? []).map(link),
        ],
        components: overlay.components.map(link),
      }),
    );
    return kustomize(base);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

function kustomize(folder: string): string {
  return execFileSync(kubectl, ['kustomize', folder], { encoding: 'utf8', stdio: 'pipe' });
}

export function objects(text: string): Manifest[] {
  const parsed = parseAllDocuments(text);
  const documents = Array.isArray(parsed) ? parsed : [];
  return documents.map((document) => ManifestSchema.parse(document.toJS()));
}

export function find(list: readonly Manifest[], kind: string, name: string): Manifest {
  const found = list.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

const CronJob = z.looseObject({ spec: z.looseObject({ jobTemplate: PodTemplate }) });

/** The pod's spec of a Deployment or a CronJob. */
export function podSpec(object: Manifest): z.output<typeof PodTemplate>['spec']['template']['spec'] {
  const template =
    object.kind === 'CronJob' ? CronJob.parse(object).spec.jobTemplate : PodTemplate.parse(object);
  return template.spec.template.spec;
}

/** Every folder with a kustomization, relative to manifests/, with its kind. */
export function kustomizations(folder = ''): { folder: string; kind: string }[] {
  return readdirSync(path.join(manifests, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return kustomizations(path.join(folder, entry.name));
    if (entry.name !== 'kustomization.yaml') return [];
    const text = readFileSync(path.join(manifests, folder, entry.name), 'utf8');
    return [{ folder, kind: /^kind: (\w+)$/m.exec(text)?.[1] ?? '' }];
  });
}
