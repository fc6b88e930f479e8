/** What a promotion's pull request says: what changes, what was checked, where it came from. Markdown. */
import type { FreightChange } from '../freight.ts';
import type { CheckRecord, DeliveryRecord } from '../ledger/types.ts';
import type { Plan } from '../plan.ts';
import { shortValue } from './fill-in.ts';
import { formatMarker } from './marker.ts';

export interface PullRequestFacts {
  plan: Pick<Plan, 'pipeline' | 'stage' | 'application' | 'commit' | 'freight'>;
  target: string;
  delivery: Pick<DeliveryRecord, 'id' | 'traceId' | 'openedAt' | 'attempts' | 'ancestry'>;
  /** The promotion's own. */
  traceparent: string;
  changes: readonly FreightChange[];
  /** Addresses, as far as they are known. */
  links: { trace?: string | undefined; commit?: string | undefined };
  /** Why a freight is taken back, where this is a rollback. */
  takesBack?: { freight: string; reason: string };
}

/** Enough to say it all; hosts take 65,536 characters. */
const ROWS = 60;
const CELL = 160;

/** The description. Nothing in it can mention people or close issues: what others wrote stands in code. */
export function pullRequestBody(facts: PullRequestFacts): string {
  const { plan, target, delivery, traceparent } = facts;
  const marker = formatMarker({
    pipeline: plan.pipeline,
    target,
    freight: plan.freight.id,
    openedAt: delivery.openedAt,
    traceparent,
  });
  return [...opening(facts), '', ...changesTable(facts.changes), '', ...origin(facts), '', marker, ''].join(
    '\n',
  );
}

function opening({ plan, target, takesBack }: PullRequestFacts): string[] {
  if (takesBack) {
    return [
      `Takes ${code(target)} of pipeline ${code(plan.pipeline)} back to the last version that was verified there.`,
      '',
      `Freight ${code(takesBack.freight)} failed: ${code(takesBack.reason)}`,
    ];
  }
  return [
    `Promotes pipeline ${code(plan.pipeline)} from stage ${code(plan.stage)} to stage ${code(target)}.`,
  ];
}

function changesTable(changes: readonly FreightChange[]): string[] {
  if (changes.length === 0) return ['The versions are there already; only their origin is written down.'];
  return [
    '| What | From | To |',
    '|---|---|---|',
    ...limited(
      changes.map(({ file, key, from, to }) => {
        const what = key === '' ? code(file) : `${code(key)} in ${code(file)}`;
        return `| ${what} | ${from === undefined ? '*none*' : code(shortValue(from))} | ${to === undefined ? '*none*' : code(shortValue(to))} |`;
      }),
      3,
    ),
  ];
}

function origin(facts: PullRequestFacts): string[] {
  const { plan, delivery, links, takesBack } = facts;
  const { commit } = plan;
  const sha = code(commit.id.slice(0, 12));
  const about = [
    `commit ${links.commit === undefined ? sha : `[${sha}](${links.commit})`}`,
    ...(commit.subject === undefined ? [] : [code(commit.subject)]),
    ...(commit.author === undefined ? [] : [`by ${code(commit.author)}`]),
  ].join(' ');
  const trace = code(delivery.traceId);
  const came = delivery.ancestry.map(({ stage }) => code(stage));
  return [
    takesBack ? `### What failed in ${plan.stage}` : `### Verified in ${plan.stage}`,
    '',
    `- Version: ${about}`,
    ...(came.length === 0 ? [] : [`- Came through: ${came.join(' → ')}`]),
    `- Delivery: ${code(delivery.id)} of ${code(plan.application)}`,
    `- Trace: ${links.trace === undefined ? trace : `[${trace}](${links.trace})`}`,
    ...checksTable(delivery),
  ];
}

function checksTable({ attempts }: Pick<DeliveryRecord, 'attempts'>): string[] {
  const checks = (attempts.at(-1)?.phases ?? []).flatMap((phase) =>
    phase.checks.map((check) => ({ ...check, phase: phase.name })),
  );
  if (checks.length === 0) return [];
  const rows = checks.map(
    (check) =>
      `| ${code(check.name)} | ${check.phase} | ${WORDS[check.status] ?? check.status}${detail(check)} |`,
  );
  return ['', '| Check | Phase | Result |', '|---|---|---|', ...limited(rows, 3)];
}

const WORDS: Record<string, string> = {
  passed: '✅ passed',
  warning: '⚠️ passed with a warning',
  failed: '❌ failed',
  errored: '❌ could not be carried out',
};

function detail(check: CheckRecord): string {
  if (check.skipped) return ', skipped';
  return check.message === undefined ? '' : `: ${code(check.message)}`;
}

function limited(rows: string[], columns: number): string[] {
  if (rows.length <= ROWS) return rows;
  return [...rows.slice(0, ROWS), `| *and ${rows.length - ROWS} more* ${'| '.repeat(columns - 1)}|`];
}

/** As code, on one line, safe in a table. */
function code(text: string): string {
  const line = text.replace(/[\r\n]+/g, ' ').trim();
  const short = line.length <= CELL ? line : `${line.slice(0, CELL - 1)}…`;
  const safe = short.replaceAll('|', '¦').replaceAll('`', 'ˋ');
  return safe === '' ? '' : `\`${safe}\``;
}
