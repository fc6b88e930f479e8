/** Checks of what stages need: rights and Secret in their namespace, traces, branches, paths that make renders few. */
import { instanceName } from '../../../core/names.ts';
import { instanceNameOf } from '../../../core/pipeline/find-stage.ts';
import type { Stage } from '../../../core/pipeline/schema.ts';
import { upstreamsOf } from '../../../core/pipeline/upstreams.ts';
import {
  GIT_SECRET,
  HOOK_ACCOUNT,
  isOurs,
  JAEGER_VARIABLE,
  OTLP_VARIABLE,
  pluginContainer,
  type Facts,
} from './facts.ts';
import { failed, ok, skipped, warning, type Finding } from './findings.ts';
import { HOOK_RIGHTS, missingRights } from './hook-rights.ts';

export function checkHookRights(facts: Facts): Finding[] {
  const findings = facts.hookNamespaces.map((namespace) => {
    const place = `namespace ${namespace.name}`;
    const advice = `Install manifests/hooks in ${place}`;
    if (!namespace.hasAccount) return failed(`${place} has no ServiceAccount ${HOOK_ACCOUNT}`, advice);
    const missing = missingRights(namespace.rules, HOOK_RIGHTS);
    if (missing.length === 0) return ok(`hooks have their rights in ${place}`);
    if (namespace.hasClusterRoles) {
      return skipped(
        `in ${place} hooks have rights by a ClusterRole, which is not read here`,
        'Compare it with manifests/hooks/role.yaml',
      );
    }
    return failed(`in ${place} hooks may not ${missing.join(', ')}`, advice);
  });
  const elsewhere = facts.applications.filter(isOurs).length > 0 && findings.length === 0;
  if (!elsewhere) return findings;
  return [
    skipped(
      'the Applications go into other clusters',
      'Run this with their kubeconfig too, or look at manifests/hooks there',
    ),
  ];
}

/** In place of a token. */
const APP_KEYS = ['githubAppID', 'githubAppInstallationID', 'githubAppPrivateKey'];

export function checkGitSecrets(facts: Facts): Finding[] {
  const needless = namespacesWithoutNeed(facts);
  return facts.hookNamespaces.flatMap(({ name, gitSecretKeys }) => {
    if (gitSecretKeys === undefined) {
      if (needless.has(name)) return [];
      return [
        warning(
          `namespace ${name} has no Secret ${GIT_SECRET}, or you may not read it`,
          'Needed where this stage promotes, unless the pipeline names another: keys username and token',
        ),
      ];
    }
    const usable = gitSecretKeys.includes('token') || APP_KEYS.every((key) => gitSecretKeys.includes(key));
    return [
      usable
        ? ok(`namespace ${name} has the Secret ${GIT_SECRET}`)
        : failed(
            `Secret ${GIT_SECRET} in namespace ${name} has no key token`,
            'Give it the keys username and token, or those of a GitHub App',
          ),
    ];
  });
}

/** Of stages that, as the pipeline file at hand says, write nothing into Git with this Secret. */
function namespacesWithoutNeed({ pipelines, applications, namespace }: Facts): Set<string> {
  const stages = pipelines.flatMap((pipeline) =>
    pipeline.stages.map((stage) => ({
      application: instanceNameOf(stage),
      writes: writesGit(stage, pipeline.stages),
    })),
  );
  const free = applications.filter(({ metadata }) => {
    const name = instanceName(metadata.name, metadata.namespace ?? namespace, namespace);
    return stages.some(({ application, writes }) => application === name && !writes);
  });
  return new Set(free.flatMap(({ spec }) => spec.destination?.namespace ?? []));
}

function writesGit(stage: Stage, all: readonly Stage[]): boolean {
  const isOurs = (by: string | undefined, secret: string | undefined): boolean =>
    by !== 'due' && (secret ?? GIT_SECRET) === GIT_SECRET;
  const promotes = all.some(
    (other) =>
      upstreamsOf(other).includes(stage.name) && isOurs(other.promotion?.by, other.promotion?.secret),
  );
  return promotes || (stage.rollback !== undefined && isOurs(stage.rollback.by, stage.rollback.secret));
}

export function checkTracing(facts: Facts): Finding[] {
  const endpoint = pluginContainer(facts.repoServer)?.env?.find(({ name }) => name === OTLP_VARIABLE)?.value;
  const jaeger = facts.backendSettings[JAEGER_VARIABLE];
  const findings: Finding[] = [
    endpoint === undefined
      ? skipped(
          'hooks export no spans: the tab draws traces from ledgers',
          `For a collector set ${OTLP_VARIABLE} in the sidecar`,
        )
      : reachable(facts, 'the collector', endpoint),
  ];
  if (jaeger !== undefined) findings.push(reachable(facts, 'Jaeger', jaeger));
  else if (facts.backend !== undefined) {
    findings.push(
      warning('the backend has no trace store', `Set ${JAEGER_VARIABLE} in ConfigMap stageline-backend`),
    );
  }
  return findings;
}

function reachable(facts: Facts, what: string, address: string): Finding {
  switch (facts.serviceStates.get(address)) {
    case 'ready':
      return ok(`${what} ${address} has a ready pod`);
    case 'missing':
      return failed(
        `${what} ${address}: there is no such Service`,
        'Mend the address, or install manifests/tracing',
      );
    case 'not ready':
      return failed(`${what} ${address} has no ready pod`, 'Look at its pods; deliveries go on without it');
    default:
      return skipped(
        `${what} ${address} is outside what can be seen here`,
        'Try it from a pod of the cluster',
      );
  }
}

export function checkApplications(facts: Facts): Finding[] {
  return facts.applications.filter(isOurs).flatMap(({ metadata, spec }) => {
    const findings: Finding[] = [];
    if (metadata.annotations?.['argocd.argoproj.io/manifest-generate-paths'] === undefined) {
      findings.push(
        warning(
          `${metadata.name} has no manifest-generate-paths: every commit of the repository renders it`,
          'Annotate it with argocd.argoproj.io/manifest-generate-paths: .;/stageline.yaml and what else it reads',
        ),
      );
    }
    if (spec.sourceHydrator !== undefined) {
      findings.push(
        warning(
          `${metadata.name} uses the source hydrator`,
          'Its hydrated branch is not path-scoped; prefer plain sources',
        ),
      );
    }
    return findings;
  });
}

export function checkBranches(facts: Facts): Finding[] {
  return facts.branches.map(({ stage, branch, directPush, pushes, problem }) => {
    const what = `promotions into ${stage} write to ${branch}`;
    if (directPush === 'unknown') {
      return skipped(
        `${what}: ${problem ?? 'the host does not say how it is protected'}`,
        'Set STAGELINE_GIT_TOKEN to ask the Git host',
      );
    }
    if (pushes && directPush === 'refused') {
      return failed(
        `${what}, which refuses direct pushes`,
        'Promote by merge: false, or let the promotion’s user push',
      );
    }
    if (directPush === 'allowed') {
      return warning(
        `${what}, to which this token may push`,
        'For production protect the branch, and promote by what somebody merges',
      );
    }
    return ok(`${what}, which is protected`);
  });
}
