/**
 * The Applications of an example. Argo CD's ApplicationSet controller is not part of the stand-in, so the two
 * generators that the examples use are expanded here by filling in the template's expressions; the controller's own
 * templating, with functions and conditions, is not tried.
 */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { KubeObject } from '../../sandbox/kube/types.ts';

export const ROOT = join(import.meta.dirname, '../..');

const Application = z.looseObject({
  apiVersion: z.literal('argoproj.io/v1alpha1'),
  kind: z.literal('Application'),
  metadata: z.looseObject({ name: z.string(), namespace: z.literal('argocd') }),
  spec: z.looseObject({
    source: z.looseObject({
      path: z.string(),
      plugin: z.looseObject({
        name: z.literal('stageline'),
        parameters: z.array(z.looseObject({ name: z.string() })).optional(),
      }),
    }),
    destination: z.looseObject({ namespace: z.string() }),
  }),
});
export type ExampleApplication = z.output<typeof Application>;

const Generator = z.union([
  z.strictObject({ list: z.strictObject({ elements: z.array(z.record(z.string(), z.string())) }) }),
  z.strictObject({
    git: z.looseObject({ directories: z.array(z.strictObject({ path: z.string() })) }),
  }),
]);

const ApplicationSet = z.looseObject({
  kind: z.literal('ApplicationSet'),
  spec: z.looseObject({
    goTemplate: z.literal(true),
    generators: z.tuple([Generator]),
    template: z.looseObject({ metadata: z.looseObject({}), spec: z.looseObject({}) }),
  }),
});

/** The folder of an example. */
export function exampleFolder(name: string): string {
  return join(ROOT, 'examples', name);
}

/** The Applications of an example's folder, those of its ApplicationSets among them. */
export function exampleApplications(folder: string): ExampleApplication[] {
  const argocd = join(folder, 'argocd');
  return readdirSync(argocd)
    .flatMap((file) => parseAllDocuments(readFileSync(join(argocd, file), 'utf8')))
    .flatMap((document): unknown[] => {
      const object: unknown = document.toJS();
      const set = ApplicationSet.safeParse(object);
      return set.success ? expand(set.data, folder) : [object];
    })
    .map((object) => Application.parse(object));
}

/** The same as objects of the stand-in cluster. */
export function asObjects(applications: readonly ExampleApplication[]): KubeObject[] {
  return applications.map((application): KubeObject => application);
}

function expand(set: z.output<typeof ApplicationSet>, folder: string): unknown[] {
  const { template, generators } = set.spec;
  return expressionsOf(generators[0], folder).map((values) => {
    const text = JSON.stringify(template).replace(/\{\{ (.+?) \}\}/g, (_whole, expression: string) => {
      const value = values[expression];
      if (value === undefined) throw new Error(`the template has an unknown expression ${expression}`);
      return value;
    });
    const filled: object = JSON.parse(text);
    const application: Record<string, unknown> = { apiVersion: 'argoproj.io/v1alpha1', ...filled };
    const metadata = z.looseObject({}).parse(application['metadata']);
    return { ...application, kind: 'Application', metadata: { namespace: 'argocd', ...metadata } };
  });
}

/** What each expression of a template stands for, once for every Application. */
function expressionsOf(generator: z.output<typeof Generator>, folder: string): Record<string, string>[] {
  if ('list' in generator) {
    return generator.list.elements.map((element) =>
      Object.fromEntries(Object.entries(element).map(([key, value]) => [`.${key}`, value])),
    );
  }
  return generator.git.directories
    .flatMap(({ path }) => globSync(`${path}/`, { cwd: folder }))
    .map((found) => found.replace(/\/$/, ''))
    .filter((path) => existsSync(join(folder, path)))
    .sort()
    .map((path) => ({
      '.path.path': path,
      '.path.basename': basename(path),
      'index .path.segments 1': path.split('/')[1] ?? '',
    }));
}
