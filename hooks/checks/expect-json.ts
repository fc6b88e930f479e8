/** What a JSON document must say: values at paths, compared as the pipeline file asks. */
import { parseJsonPath, valuesAt } from '../../core/json-path.ts';
import type { HttpSpec } from '../../core/pipeline/schema.ts';
import { meetsTarget, parseTarget } from '../../core/target.ts';

export type JsonExpectation = NonNullable<NonNullable<HttpSpec['expect']>['json']>[number];

/** What is not as expected, or undefined. */
export function jsonProblem(document: unknown, expectations: readonly JsonExpectation[]): string | undefined {
  for (const expectation of expectations) {
    const problem = problemWith(document, expectation);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemWith(document: unknown, expectation: JsonExpectation): string | undefined {
  const { path, equals, matches, target } = expectation;
  const values = valuesAt(document, parseJsonPath(path) ?? []);
  if (values.length === 0) return `${path} is not there`;
  if (equals !== undefined) {
    const other = values.find((value) => value !== equals);
    return other === undefined ? undefined : `${path} is ${shown(other)}, expected ${shown(equals)}`;
  }
  if (matches !== undefined) {
    const pattern = new RegExp(matches, 'u');
    const other = values.find(
      (value) => !pattern.test(typeof value === 'string' ? value : JSON.stringify(value)),
    );
    return other === undefined ? undefined : `${path} is ${shown(other)}, which does not match /${matches}/`;
  }
  if (target !== undefined) {
    const limit = parseTarget(target);
    const other = values.find((value) => typeof value !== 'number' || !limit || !meetsTarget(value, limit));
    return other === undefined ? undefined : `${path} is ${shown(other)}, outside target ${target}`;
  }
  return undefined;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
