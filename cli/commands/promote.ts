/** `stageline promote`: by hand, what is due, and what the Job of a pending promotion does. */
import { readFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, StagelineError } from '../../core/errors.ts';
import { parsePipeline } from '../../core/pipeline/parse.ts';
import type { Pipeline, Stage } from '../../core/pipeline/schema.ts';
import { upstreamsOf } from '../../core/pipeline/upstreams.ts';
import { plannedPromotion } from '../../core/promotion/planned.ts';
import { promoteByHand, verifiedDelivery } from '../../hooks/promotion/by-hand.ts';
import { runDue } from '../../hooks/promotion/due.ts';
import { runPending } from '../../hooks/promotion/pending-run.ts';
import { asPerson } from '../as-person.ts';
import type { Command, CommandIo } from '../command.ts';
import { handOf, onlyLedger, searchLedgers, surroundingsOf } from '../ledger-search.ts';

const HELP = `Usage: stageline promote --from STAGE --to STAGE [--freight ID] [options]
       stageline promote --due [--namespace NAME ...]
       stageline promote --pending

By hand, in a clone of the GitOps repository: promotes the newest version that stage --from has verified, or the freight
that --freight names, into stage --to, as the pipeline file says. Asking for it approves it.

  --freight ID       a freight that was verified, by the first digits of its id; see "stageline status"
  --file FILE        the pipeline file; default: stageline.yaml, here or upwards
  --namespace NAME   where the ledgers are, repeatable; default: all namespaces
  --force            without waiting for soak times and windows, and past stages between the two

--due does what is due: lets promotions go whose soak time is over or whose window is open, ends those that were turned
down or have expired, sees which pull requests were merged, and closes deliveries that nobody works on any more. A
CronJob runs it. --namespace defaults to STAGELINE_NAMESPACES there. It uses Git's credentials only for the addresses
that STAGELINE_GIT_ADDRESSES names.

--pending is the command of the Jobs that hooks make for promotions that wait.

Git's credentials: STAGELINE_GIT_USERNAME and STAGELINE_GIT_TOKEN, or a GitHub App's (docs/promotion.md). The cluster is
found as kubectl finds it.`;

export const promoteCommand: Command = {
  name: 'promote',
  summary: 'Promote a verified version by hand, or do what is due',
  help: HELP,
  run,
};

async function run(args: string[], io: CommandIo): Promise<number> {
  const options = readArguments(args);
  const { due: isDue = false, pending: isPending = false, namespace, ...ofHand } = options;
  // A word that is not read would be taken for one that was.
  const [stray] = Object.keys(isPending ? { ...ofHand, ...(namespace && { namespace }) } : ofHand);
  if ((isDue || isPending) && stray !== undefined)
    throw usage(`--${isPending ? 'pending' : 'due'} does not go with --${stray}`);
  if (isDue && isPending) throw usage('--due does not go with --pending');
  if (options.pending) return pending(io);
  if (options.due) return due(options.namespace ?? [], io);
  const { from, to } = options;
  if (from === undefined || to === undefined) throw usage('name --from and --to, or --due');
  return byHand({ ...options, from, to }, io);
}

interface Options {
  from?: string;
  to?: string;
  freight?: string;
  file?: string;
  namespace?: string[];
  force?: boolean;
  due?: boolean;
  pending?: boolean;
}

function readArguments(args: string[]): Options {
  try {
    return parseArgs({
      args,
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        freight: { type: 'string' },
        file: { type: 'string' },
        namespace: { type: 'string', multiple: true },
        force: { type: 'boolean' },
        due: { type: 'boolean' },
        pending: { type: 'boolean' },
      },
    }).values;
  } catch (cause) {
    throw usage(messageOf(cause), cause);
  }
}

function usage(problem: string, cause?: unknown): StagelineError {
  return new StagelineError(problem, { code: 'USAGE', hint: 'See stageline promote --help', cause });
}

async function pending(io: CommandIo): Promise<number> {
  const { env, log } = podSurroundings(io);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => stop.abort(new Error(`the Job was told to end (${signal})`)));
  const end = await runPending({ env, log, signal: stop.signal });
  io.stderr(`${end.line}\n`);
  return end.exitCode;
}

/** A Job's own log says more than a person wants to read. */
function podSurroundings(io: CommandIo): ReturnType<typeof surroundingsOf> {
  return surroundingsOf({ ...io, env: { STAGELINE_LOG_LEVEL: 'info', ...io.env } });
}

async function due(named: readonly string[], io: CommandIo): Promise<number> {
  const { env, log } = podSurroundings(io);
  const given = (env['STAGELINE_NAMESPACES'] || env['STAGELINE_NAMESPACE'] || '')
    .split(/[\s,]+/)
    .filter((name) => name !== '');
  const namespaces = named.length > 0 ? named : given;
  if (namespaces.length === 0) throw usage('name at least one --namespace, or set STAGELINE_NAMESPACES');
  const report = await runDue({ env, log, namespaces, signal: AbortSignal.timeout(10 * 60_000) });
  for (const line of report.done) io.stdout(`${line}\n`);
  for (const name of report.empty) io.stdout(`there is no ledger in namespace ${name}\n`);
  if (report.done.length + report.problems.length === 0) io.stdout('nothing is due\n');
  for (const problem of report.problems) io.stderr(`stageline: ${problem}\n`);
  return report.problems.length === 0 ? 0 : 1;
}

async function byHand(options: Options & { from: string; to: string }, io: CommandIo): Promise<number> {
  const { pipeline, file } = readPipeline(options.file, io);
  const from = stageNamed(pipeline, options.from, file);
  const target = stageNamed(pipeline, options.to, file);
  checkOrder({ from, target, file, force: options.force ?? false });
  const hand = handOf(io);
  const search = { namespaces: options.namespace ?? [], pipeline: pipeline.pipeline, stage: from.name };
  const message = await asPerson(async () => {
    const open = onlyLedger(await searchLedgers(hand.client, search, hand.log), search);
    const delivery = verifiedDelivery(open, options.freight);
    const source = delivery.source ?? { repoURL: '', targetRevision: '' };
    const planned = plannedPromotion(pipeline, { from, target, source });
    return promoteByHand(hand, open, { delivery, planned, force: options.force ?? false });
  });
  io.stdout(`${message}\n`);
  return 0;
}

/** Past a stage, as for a hotfix, only if that is meant; back, or where no way is said, never. */
function checkOrder(order: { from: Stage; target: Stage; file: string; force: boolean }): void {
  const { from, target, file, force } = order;
  const follows = upstreamsOf(target);
  if (!target.promotion) {
    throw new StagelineError(`${file} says no way of promotion into stage "${target.name}"`, {
      code: 'PROMOTION_WAY',
      hint: 'Versions begin there; commit one, or name a stage that follows another one',
    });
  }
  if (follows.includes(from.name) || force) return;
  throw new StagelineError(`stage "${target.name}" follows ${follows.join(', ')}, not "${from.name}"`, {
    code: 'PROMOTION_ORDER',
    hint: `Promote from ${follows.join(' or ')}, or go past with --force`,
  });
}

function stageNamed(pipeline: Pipeline, name: string, file: string): Stage {
  const stage = pipeline.stages.find((known) => known.name === name);
  if (stage) return stage;
  throw new StagelineError(`${file} has no stage "${name}"`, {
    code: 'STAGE_UNKNOWN',
    hint: `Name one of: ${pipeline.stages.map((known) => known.name).join(', ')}`,
  });
}

function readPipeline(named: string | undefined, io: CommandIo): { pipeline: Pipeline; file: string } {
  const file = named === undefined ? findUpwards(io.cwd) : path.resolve(io.cwd, named);
  if (file === undefined || !existsSync(file)) {
    throw new StagelineError(`there is no pipeline file ${named ?? 'stageline.yaml here or upwards'}`, {
      code: 'PIPELINE_MISSING',
      hint: 'Go into a clone of the GitOps repository, or name it with --file',
    });
  }
  const shown = path.relative(io.cwd, file);
  return { pipeline: parsePipeline(readFileSync(file, 'utf8'), shown).pipeline, file: shown };
}

function findUpwards(folder: string): string | undefined {
  const file = path.join(folder, 'stageline.yaml');
  if (existsSync(file)) return file;
  const parent = path.dirname(folder);
  return parent === folder ? undefined : findUpwards(parent);
}
