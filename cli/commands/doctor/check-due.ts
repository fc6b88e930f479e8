/** Checks of what does what is due: the CronJob, the namespaces that it looks after, its rights and its credentials. */
import type { Pipeline, Stage } from '../../../core/pipeline/schema.ts';
import { DUE_NAMESPACE, DUE_SECRET } from './due-facts.ts';
import type { Facts } from './facts.ts';
import { failed, ok, skipped, warning, type Finding } from './findings.ts';
import { DUE_RIGHTS, missingRights } from './hook-rights.ts';

const INSTALL = 'Install manifests/due; docs/promotion.md has the commands';

export function checkDue(facts: Facts): Finding[] {
  const { cronJob } = facts.due;
  const needs = facts.pipelines.flatMap(whatIsDue);
  if (cronJob === undefined) {
    const [need] = needs;
    return need === undefined
      ? [skipped('nothing does what is due, and no pipeline file at hand asks for it', INSTALL)]
      : [failed(`nothing does what is due: ${need}`, INSTALL)];
  }
  const findings = [...checkRuns(facts), ...checkNamespaces(facts), ...checkCredentials(facts, needs)];
  return findings.length > 0
    ? findings
    : [ok(`the CronJob does what is due every time of "${cronJob.spec.schedule}"`)];
}

/** What of a pipeline nobody but the CronJob carries out, each as a sentence. */
function whatIsDue({ stages }: Pipeline): string[] {
  return stages.flatMap((stage) => [
    ...needsOf(stage).map((need) => `promotions into ${stage.name} ${need}`),
    ...(stage.rollback === undefined
      ? []
      : [
          `rollbacks of ${stage.name} that ${stage.rollback.by === 'due' ? 'are left to it' : 'become due later'}`,
        ]),
  ]);
}

function needsOf({ promotion }: Stage): string[] {
  const { approval } = promotion ?? {};
  const expires = typeof approval === 'object' && approval.expires !== undefined;
  return [
    ...(promotion?.by === 'due' ? ['are left to it'] : []),
    ...(promotion?.soak === undefined ? [] : ['soak']),
    ...(promotion?.windows === undefined ? [] : ['wait for windows']),
    ...(expires ? ['expire'] : []),
  ];
}

function checkRuns({ due }: Facts): Finding[] {
  const logs = `See kubectl -n ${DUE_NAMESPACE} logs -l app.kubernetes.io/name=stageline-due`;
  if (due.cronJob?.spec.suspend === true) {
    return [
      failed(
        'the CronJob stageline-due is suspended',
        `kubectl -n ${DUE_NAMESPACE} patch cronjob stageline-due -p '{"spec":{"suspend":false}}'`,
      ),
    ];
  }
  const { lastScheduleTime, lastSuccessfulTime, active = [] } = due.cronJob?.status ?? {};
  if (lastScheduleTime === undefined || active.length > 0) return [];
  const isBehind =
    lastSuccessfulTime === undefined || Date.parse(lastSuccessfulTime) < Date.parse(lastScheduleTime);
  return isBehind ? [failed('the last run of the CronJob stageline-due did not succeed', logs)] : [];
}

function checkNamespaces({ due, hookNamespaces }: Facts): Finding[] {
  const named = due.namespaces;
  if (named.length === 0) {
    return [
      failed(
        'the CronJob stageline-due is told of no namespace',
        'Set STAGELINE_NAMESPACES in its ConfigMap; docs/promotion.md has the command',
      ),
    ];
  }
  return hookNamespaces.flatMap(({ name, dueRules }) => {
    if (!named.includes(name)) {
      return [
        warning(
          `the CronJob stageline-due does not look after namespace ${name}`,
          `Add it to STAGELINE_NAMESPACES of ConfigMap stageline-due in namespace ${DUE_NAMESPACE}`,
        ),
      ];
    }
    const missing = missingRights(dueRules, DUE_RIGHTS);
    return missing.length === 0
      ? []
      : [
          failed(
            `in namespace ${name} the CronJob stageline-due may not ${missing.join(', ')}`,
            `Install manifests/due/stage in namespace ${name}`,
          ),
        ];
  });
}

function checkCredentials({ due }: Facts, needs: readonly string[]): Finding[] {
  const left = needs.find((need) => need.endsWith('are left to it'));
  if (due.secretKeys === undefined) {
    return left === undefined
      ? []
      : [
          failed(
            `${left}, and there is no Secret ${DUE_SECRET} in namespace ${DUE_NAMESPACE}, or you may not read it`,
            'Create it with the keys username and token',
          ),
        ];
  }
  return due.hasAddresses
    ? []
    : [
        failed(
          `no address is named that Secret ${DUE_SECRET} may be used for`,
          'Set STAGELINE_GIT_ADDRESSES in ConfigMap stageline-due',
        ),
      ];
}
