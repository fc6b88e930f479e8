/** A unified diff of two texts, for people to read before something is written. */
import type { FileChange } from './types.ts';

const CONTEXT = 3;

interface Line {
  sign: ' ' | '-' | '+';
  text: string;
}

/** As `diff -u` writes it. Texts of a few thousand lines; the time is their product. */
export function unifiedDiff({ file, before, after }: FileChange): string {
  const script = editScript(toLines(before ?? ''), toLines(after));
  const header = [before === undefined ? '--- /dev/null' : `--- a/${file}`, `+++ b/${file}`];
  return [...header, ...hunks(script)].join('\n');
}

function toLines(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Longest common subsequence, after what begins and ends alike is set aside. */
function editScript(before: readonly string[], after: readonly string[]): Line[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const same = (lines: readonly string[]): Line[] => lines.map((text) => ({ sign: ' ', text }));
  return [
    ...same(before.slice(0, head)),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...same(before.slice(before.length - tail)),
  ];
}

function middle(before: readonly string[], after: readonly string[]): Line[] {
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const script: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]];
    if (old !== undefined && old === fresh) {
      script.push({ sign: ' ', text: old });
      i += 1;
      j += 1;
    } else if (old !== undefined && (fresh === undefined || at(i + 1, j) >= at(i, j + 1))) {
      script.push({ sign: '-', text: old });
      i += 1;
    } else if (fresh !== undefined) {
      script.push({ sign: '+', text: fresh });
      j += 1;
    }
  }
  return script;
}

function hunks(script: readonly Line[]): string[] {
  const near = script.map((_, index) =>
    script.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ sign }) => sign !== ' '),
  );
  const output: string[] = [];
  let [oldLine, newLine] = [1, 1];
  for (let index = 0; index < script.length;) {
    let end = index;
    while (end < script.length && near[end]) end += 1;
    if (end === index) {
      oldLine += 1;
      newLine += 1;
      index += 1;
      continue;
    }
    const lines = script.slice(index, end);
    const removed = lines.filter(({ sign }) => sign !== '+').length;
    const added = lines.filter(({ sign }) => sign !== '-').length;
    output.push(
      `@@ -${removed === 0 ? oldLine - 1 : oldLine},${removed} +${added === 0 ? newLine - 1 : newLine},${added} @@`,
      ...lines.map(({ sign, text }) => sign + text),
    );
    oldLine += removed;
    newLine += added;
    index = end;
  }
  return output;
}
