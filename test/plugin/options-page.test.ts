/** The page of the plugin's options says all that there is, and the first bundle stays small. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PARAMETERS } from '../../cmp/parameters.ts';
import { PARAMETER_TEXTS } from '../../cmp/parameter-texts.ts';

const root = resolve(import.meta.dirname, '../..');
const page = readFileSync(resolve(root, 'docs/plugin-options.md'), 'utf8');
const settings = readFileSync(resolve(root, 'cmp/settings.ts'), 'utf8');

/** `spec.source.helm`, `.kustomize` and `.directory` of Argo CD 3.6 (pkg/apis/application/v1alpha1/types.go). */
const ARGO_CD = {
  helm: [
    'valueFiles',
    'parameters',
    'releaseName',
    'values',
    'valuesObject',
    'fileParameters',
    'version',
    'passCredentials',
    'ignoreMissingValueFiles',
    'skipCrds',
    'skipTests',
    'skipSchemaValidation',
    'namespace',
    'kubeVersion',
    'apiVersions',
  ],
  kustomize: [
    'namePrefix',
    'nameSuffix',
    'images',
    'commonLabels',
    'version',
    'commonAnnotations',
    'forceCommonLabels',
    'forceCommonAnnotations',
    'namespace',
    'commonAnnotationsEnvsubst',
    'replicas',
    'patches',
    'components',
    'ignoreMissingComponents',
    'labelWithoutSelector',
    'labelIncludeTemplates',
    'kubeVersion',
    'apiVersions',
  ],
  directory: ['recurse', 'include', 'exclude', 'jsonnet'],
};

describe('docs/plugin-options.md', () => {
  it.each(Object.entries(PARAMETERS).filter(([, { group }]) => group === 'stageline'))(
    'explains %s',
    (name) => {
      expect(page).toMatch(new RegExp(`^\\| \`${name}\` \\|`, 'm'));
    },
  );

  it.each(Object.entries(ARGO_CD).flatMap(([kind, names]) => names.map((name) => `${kind}.${name}`)))(
    'says what becomes of %s',
    (field) => {
      expect(page).toMatch(new RegExp(`^\\| \`${field.replace('.', '\\.')}\` \\|`, 'm'));
    },
  );

  it.each(Object.entries(PARAMETERS).filter(([, { group }]) => group !== 'stageline'))('names %s', (name) => {
    expect(page).toContain(`\`${name}\``);
  });

  it('lists every setting of the sidecar', () => {
    const names = [...settings.matchAll(/'(STAGELINE_[A-Z_]+?)_?'/g)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(page).toContain(name);
  });
});

describe('parameter texts', () => {
  it.each(Object.entries(PARAMETER_TEXTS))('of %s are short lines', (_name, [title, tooltip]) => {
    expect(title.length).toBeLessThan(40);
    expect(tooltip).toMatch(/^[^\n]{5,90}$/);
  });
});

describe('the bundle that every render loads first', () => {
  it.skipIf(!existsSync(resolve(root, 'dist/cmp.cjs')))('has at most 40 KB', () => {
    expect(statSync(resolve(root, 'dist/cmp.cjs')).size).toBeLessThanOrEqual(40_000);
  });
});
