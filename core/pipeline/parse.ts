/** From the text of a pipeline file to a checked Pipeline; every error names file, line, field and cure. */
import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, YAMLParseError } from 'yaml';
import { messageOf, StagelineError } from '../errors.ts';
import { fieldName, fieldProblems, type FieldPath, type FieldProblem } from './problems.ts';
import { PipelineSchema, type Check, type Pipeline } from './schema.ts';
import { unknownPlace } from './templates.ts';
import { upstreamsOf } from './upstreams.ts';

export { upstreamsOf };

export interface ParsedPipeline {
  pipeline: Pipeline;
  /** The same file as written, without defaults: what definition hashes are made of. */
  raw: RawPipeline;
  file: string;
}

export interface RawPipeline {
  stages: Record<string, unknown>[];
  [field: string]: unknown;
}

/**
 * Parses and checks a pipeline file. `file` is the path that errors name.
 * Errors: `PIPELINE_YAML`, `PIPELINE_INVALID`, `PIPELINE_STAGES`.
 */
export function parsePipeline(text: string, file: string): ParsedPipeline {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const syntax = document.errors[0];
  if (syntax) {
    throw yamlError(`${file}:${lines.linePos(syntax.pos[0]).line}: ${syntaxProblem(syntax, text)}`, syntax);
  }
  const at = (path: FieldPath): string => place(document, lines, { file, path });
  const raw = toPlain(document, (offset) => `${file}:${lines.linePos(offset).line}`);
  const parsed = PipelineSchema.safeParse(raw);
  if (!parsed.success) throw schemaError(fieldProblems(parsed.error.issues), at);
  checkStages(parsed.data, (path) => `${at(path)}: ${fieldName(path)}`);
  return { pipeline: parsed.data, raw: raw as RawPipeline, file };
}

/** Aliases are resolved only here: an unknown anchor, or so many that the file would be an attack. */
function toPlain(document: Document, lineOf: (offset: number) => string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    let offset = 0;
    visit(document, {
      Alias: (_key, alias) => {
        offset = alias.range?.[0] ?? 0;
        return alias.resolve(document) === undefined ? visit.BREAK : undefined;
      },
    });
    throw yamlError(`${lineOf(offset)}: ${messageOf(cause)}`, cause);
  }
}

function yamlError(message: string, cause: unknown): StagelineError {
  return new StagelineError(message, { code: 'PIPELINE_YAML', hint: 'Mend the YAML there', cause });
}

/** The parser's own words, except where they do not name the field or speak to programmers. */
function syntaxProblem(error: YAMLParseError, text: string): string {
  if (error.code === 'MULTIPLE_DOCS') return 'a second document begins here; a pipeline file has one';
  if (error.code !== 'DUPLICATE_KEY') return error.message;
  const key = /^[^:\r\n]*/.exec(text.slice(error.pos[0]))?.[0].trim() ?? '';
  return `the field ${key} is there twice`;
}

function schemaError(problems: FieldProblem[], at: (path: FieldPath) => string): StagelineError {
  const [first] = problems;
  const { path, message } = first ?? { path: [], message: 'is malformed' };
  const hint = HINTS.get(path.at(-1)) ?? 'See docs/pipeline-file.md for every field';
  const more = problems.length - 1;
  const others = more < 1 ? '' : ` (and ${more} more ${more === 1 ? 'problem' : 'problems'})`;
  const what = path.length === 0 ? 'the file' : fieldName(path);
  return new StagelineError(`${at(path)}: ${what} ${message}${others}`, { code: 'PIPELINE_INVALID', hint });
}

const HINTS = new Map<PropertyKey | undefined, string>([
  [undefined, 'Begin it with "apiVersion: stageline.dev/v1"'],
  ['apiVersion', 'Begin the file with "apiVersion: stageline.dev/v1"'],
  ['moves', 'Say what moves from stage to stage, for example "- helmValues: { keys: [image.tag] }"'],
]);

function checkStages(pipeline: Pipeline, at: (path: FieldPath) => string): void {
  const names = new Map<string, number>();
  pipeline.stages.forEach((stage, index) => {
    if (names.has(stage.name)) {
      throw stagesError(
        at(['stages', index, 'name']),
        `there are two stages "${stage.name}"`,
        'Give each stage a name of its own',
      );
    }
    names.set(stage.name, index);
  });
  pipeline.stages.forEach((stage, index) => {
    for (const upstream of upstreamsOf(stage)) {
      if (!names.has(upstream)) {
        const known = [...names.keys()].join(', ');
        throw stagesError(
          at(['stages', index, 'after']),
          `stage "${stage.name}" follows "${upstream}", which is no stage`,
          `Name one of: ${known}`,
        );
      }
    }
    if (stage.applications && !stage.applications.includes(stage.application)) {
      throw stagesError(
        at(['stages', index, 'applications']),
        `the applications of stage "${stage.name}" are without its application "${stage.application}"`,
        'List every Application of the stage there',
      );
    }
    checkUniqueChecks(stage, (path) => at(['stages', index, ...path]));
    const unknown = unknownPlace(pipeline, stage);
    if (unknown) {
      throw stagesError(
        at(['stages', index, ...unknown.path]),
        `nothing fills in {${unknown.place}}`,
        `Use one of ${unknown.known.map((name) => `{${name}}`).join(', ')}`,
      );
    }
    if (stage.promotion && stage.after === undefined) {
      throw stagesError(
        at(['stages', index, 'promotion']),
        `stage "${stage.name}" has a promotion but follows no stage`,
        'Add "after", or take "promotion" out',
      );
    }
    if (stage.after !== undefined && !stage.promotion) {
      throw stagesError(
        at(['stages', index]),
        `stage "${stage.name}" follows a stage but says no way of promotion`,
        'Add for example "promotion: { push: {} }"',
      );
    }
  });
  const cycle = findCycle(pipeline);
  if (cycle) {
    const index = names.get(cycle[0] ?? '') ?? 0;
    throw stagesError(
      at(['stages', index, 'after']),
      `stages follow each other in a circle: ${cycle.join(' -> ')}`,
      'Take one of these "after" out',
    );
  }
}

function checkUniqueChecks(stage: Pipeline['stages'][number], at: (path: FieldPath) => string): void {
  const seen = new Set<string>();
  /** Checks of earlier steps, which the later ones may refer to; figures only to those of their own phase. */
  const earlier = new Map<string, Check>();
  for (const phase of ['preDeployment', 'postDeployment'] as const) {
    const before = new Set(earlier.keys());
    (stage[phase] ?? []).forEach((step, stepIndex) => {
      const checks = Array.isArray(step) ? step : [step];
      checks.forEach((check, index) => {
        const path = Array.isArray(step) ? [phase, stepIndex, index] : [phase, stepIndex];
        if (seen.has(check.name)) {
          throw stagesError(
            at([...path, 'name']),
            `stage "${stage.name}" has two checks "${check.name}"`,
            'Give each check of a stage a name of its own',
          );
        }
        seen.add(check.name);
        checkReferences(check, { earlier, before }, (field) => at([...path, ...field]));
      });
      for (const check of checks) earlier.set(check.name, check);
    });
  }
}

function checkReferences(
  check: Check,
  known: { earlier: ReadonlyMap<string, Check>; before: ReadonlySet<string> },
  at: (path: FieldPath) => string,
): void {
  const { earlier, before } = known;
  const loads: [FieldPath, string][] = [];
  if (check.metric && 'load' in check.metric) loads.push([['metric', 'load'], check.metric.load]);
  check.analysis?.objectives.forEach((objective, index) => {
    if ('load' in objective) loads.push([['analysis', 'objectives', index, 'load'], objective.load]);
  });
  for (const [path, load] of loads) {
    if (before.has(load)) {
      throw stagesError(
        at(path),
        `check "${check.name}" runs after the deployment and evaluates the load test "${load}" of before it`,
        'Move the load test into an earlier step of postDeployment, or the check into preDeployment',
      );
    }
    if (earlier.get(load)?.load !== undefined) continue;
    throw stagesError(
      at(path),
      `check "${check.name}" evaluates the load test "${load}", which does not run in an earlier step`,
      'Name a load test of an earlier step of the same phase',
    );
  }
  const condition = check.when?.check;
  if (condition !== undefined && !earlier.has(condition.name)) {
    throw stagesError(
      at(['when', 'check', 'name']),
      `check "${check.name}" depends on the check "${condition.name}", which does not run in an earlier step`,
      'Name a check of an earlier step of this stage',
    );
  }
}

function findCycle(pipeline: Pipeline): string[] | undefined {
  const after = new Map(pipeline.stages.map((stage) => [stage.name, upstreamsOf(stage)]));
  const done = new Set<string>();
  const visit = (name: string, trail: string[]): string[] | undefined => {
    if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name];
    if (done.has(name)) return undefined;
    done.add(name);
    for (const upstream of after.get(name) ?? []) {
      const cycle = visit(upstream, [...trail, name]);
      if (cycle) return cycle;
    }
    return undefined;
  };
  for (const name of after.keys()) {
    const cycle = visit(name, []);
    if (cycle) return cycle;
  }
  return undefined;
}

function stagesError(where: string, problem: string, hint: string): StagelineError {
  return new StagelineError(`${where}: ${problem}`, { code: 'PIPELINE_STAGES', hint });
}

/** `file:line` of a field, or of the nearest thing around it that exists. */
function place(document: Document, lines: LineCounter, field: { file: string; path: FieldPath }): string {
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of field.path) {
    const next = child(node, part);
    if (!next) break;
    offset = next.offset ?? offset;
    node = next.value;
  }
  return `${field.file}:${lines.linePos(offset).line || 1}`;
}

function child(node: unknown, part: PropertyKey): { offset: number | undefined; value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === part);
    return pair && isScalar(pair.key) ? { offset: pair.key.range?.[0], value: pair.value } : undefined;
  }
  if (isSeq(node)) {
    const item: unknown = node.items[Number(part)];
    const range =
      item && typeof item === 'object' && 'range' in item ? (item.range as number[] | null) : null;
    return item === undefined ? undefined : { offset: range?.[0], value: item };
  }
  return undefined;
}
