/** A small JSONPath: `$.status.conditions[0].type`, `$['odd key']`, `$.items[*].ready`. Nothing else is understood. */

export type JsonPathStep =
  | { kind: 'member'; name: string }
  | { kind: 'index'; index: number }
  | { kind: 'each' };

/** The steps, or undefined if the text is none of these paths. The leading `$` or `$.` may be left out. */
export function parseJsonPath(text: string): JsonPathStep[] | undefined {
  const steps: JsonPathStep[] = [];
  let rest = text.trim().replace(/^\$/, '');
  if (rest !== '' && !rest.startsWith('.') && !rest.startsWith('[')) rest = `.${rest}`;
  while (rest !== '') {
    const match =
      /^\.([A-Za-z_$][\w$-]*)/.exec(rest) ??
      /^\[(\d+)\]/.exec(rest) ??
      /^\[(\*)\]/.exec(rest) ??
      /^\['((?:[^'\\]|\\.)*)'\]/.exec(rest) ??
      /^\["((?:[^"\\]|\\.)*)"\]/.exec(rest);
    if (!match) return undefined;
    steps.push(stepOf(match[0], match[1] ?? ''));
    rest = rest.slice(match[0].length);
  }
  return steps;
}

function stepOf(source: string, inner: string): JsonPathStep {
  if (inner === '*' && source === '[*]') return { kind: 'each' };
  if (/^\[\d/.test(source)) return { kind: 'index', index: Number(inner) };
  const name = source.startsWith('.') ? inner : inner.replace(/\\(.)/g, '$1');
  return { kind: 'member', name };
}

/** Every value that the path leads to; none if it leads nowhere. */
export function valuesAt(value: unknown, steps: readonly JsonPathStep[]): unknown[] {
  const [step, ...rest] = steps;
  if (!step) return [value];
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    if (step.kind === 'each') return items.flatMap((item) => valuesAt(item, rest));
    return step.kind === 'index' && step.index < items.length ? valuesAt(items[step.index], rest) : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  if (step.kind === 'each') return Object.values(value).flatMap((item: unknown) => valuesAt(item, rest));
  if (step.kind === 'member' && Object.hasOwn(value, step.name)) {
    return valuesAt(Object.getOwnPropertyDescriptor(value, step.name)?.value, rest);
  }
  return [];
}
