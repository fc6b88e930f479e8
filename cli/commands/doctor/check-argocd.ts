/** Checks of Argo CD's own settings: the tab, the health of Jobs, what projects permit, the proxy extension. */
import { parse } from 'yaml';
import { z } from 'zod';
import { argoVersion } from './check-plugin.ts';
import { isOurs, isReady, type Facts } from './facts.ts';
import { failed, ok, skipped, warning, type Finding } from './findings.ts';
import type { Project } from './objects.ts';

export function checkTab(facts: Facts): Finding[] {
  const { page } = facts;
  if (page !== undefined && page.problem === undefined) {
    return page.hasTab
      ? [ok(`${page.url} serves the tab`)]
      : [failed(`${page.url}/extensions.js does not hold the tab`, tabAdvice(facts))];
  }
  const findings: Finding[] = [];
  if (page?.problem !== undefined) {
    findings.push(skipped(`${page.url} could not be asked: ${page.problem}`, 'Mend the address of --server'));
  }
  const installer = facts.server?.spec.template.spec.initContainers?.find(
    ({ name }) => name === 'stageline-tab',
  );
  if (installer === undefined) {
    findings.push(
      failed('argocd-server has no init container "stageline-tab"', 'Install manifests/argocd/tab'),
    );
    return findings;
  }
  const ends = facts.serverPods.map((pod) =>
    pod.status?.initContainerStatuses?.find(({ name }) => name === 'stageline-tab'),
  );
  if (ends.some((end) => end?.state?.terminated?.exitCode !== 0)) {
    findings.push(failed('the tab’s init container did not succeed in every pod', tabAdvice(facts)));
  } else if (page === undefined) {
    findings.push(ok('the tab’s init container succeeded; --server <address> also asks the page'));
  }
  return findings;
}

function tabAdvice(facts: Facts): string {
  return `See kubectl -n ${facts.namespace} logs deployment/argocd-server -c stageline-tab; without a way out use manifests/argocd/tab-from-image`;
}

export function checkJobHealth(facts: Facts): Finding[] {
  if (facts.settings['resource.customizations.health.batch_Job'] !== undefined) {
    return [ok('argocd-cm brings its own health of Jobs')];
  }
  const found =
    'argocd-cm has no health override for Jobs: a Job that was suspended counts as succeeded when it resumes';
  const advice = 'Install manifests/argocd/job-health';
  if (facts.hasKueue) return [failed(`${found}; Kueue suspends every Job`, advice)];
  const queue = facts.hookNamespaces.find(({ hasQueue }) => hasQueue);
  return queue === undefined
    ? [warning(found, advice)]
    : [failed(`${found}; a queue suspends the hook Jobs of namespace ${queue.name}`, advice)];
}

export function checkJobActions(facts: Facts): Finding[] {
  const version = argoVersion(facts);
  if (version === undefined || version.major !== 3) return [];
  const hasOwn = facts.settings['resource.customizations.actions.batch_Job'] !== undefined;
  if (version.minor >= 2) {
    return hasOwn
      ? [
          warning(
            'argocd-cm replaces the actions of Jobs, which this Argo CD has built in',
            'Take manifests/argocd/job-actions out',
          ),
        ]
      : [ok('this Argo CD can resume Jobs')];
  }
  return [
    hasOwn
      ? ok('argocd-cm brings the actions of Jobs')
      : warning(
          `Argo CD ${version.text} cannot resume Jobs: nobody can approve in the page`,
          'Install manifests/argocd/job-actions',
        ),
  ];
}

/** The kinds that Stageline adds to what an application renders. */
const OUR_KINDS = [
  { group: 'batch', kind: 'Job' },
  { group: '', kind: 'ConfigMap' },
];

const Exclusions = z.array(
  z.looseObject({ apiGroups: z.array(z.string()).optional(), kinds: z.array(z.string()).optional() }),
);

export function checkExclusions(facts: Facts): Finding[] {
  const text = facts.settings['resource.exclusions'];
  const rules = text === undefined ? [] : (Exclusions.safeParse(parse(text)).data ?? []);
  const excluded = OUR_KINDS.filter(({ group, kind }) =>
    rules.some((rule) => matches(rule.apiGroups ?? ['*'], group) && matches(rule.kinds ?? ['*'], kind)),
  );
  return excluded.map(({ kind }) =>
    failed(
      `argocd-cm excludes the kind ${kind}: ${kind === 'Job' ? 'hooks are dropped without a word' : 'the tab finds no ledger'}`,
      'Narrow resource.exclusions',
    ),
  );
}

export function checkProjects(facts: Facts): Finding[] {
  const names = [...new Set(facts.applications.filter(isOurs).map(({ spec }) => spec.project ?? 'default'))];
  return names.toSorted().map((name) => {
    const project = facts.projects.find(({ metadata }) => metadata.name === name);
    if (project === undefined)
      return failed(`there is no AppProject ${name}`, 'Create it, or name another one');
    const refused = OUR_KINDS.filter((wanted) => !permits(project, wanted)).map(({ kind }) => kind);
    return refused.length === 0
      ? ok(`AppProject ${name} permits Job and ConfigMap`)
      : failed(
          `AppProject ${name} does not permit ${refused.join(' and ')}: Argo CD rejects the whole sync`,
          'Mend its namespaceResourceWhitelist or namespaceResourceBlacklist',
        );
  });
}

function permits(project: Project, wanted: { group: string; kind: string }): boolean {
  const { namespaceResourceWhitelist: allowed, namespaceResourceBlacklist: denied = [] } = project.spec;
  const isIn = (list: readonly { group: string; kind: string }[]): boolean =>
    list.some(({ group, kind }) => matches([group], wanted.group) && matches([kind], wanted.kind));
  return (allowed === undefined || allowed.length === 0 || isIn(allowed)) && !isIn(denied);
}

/** Argo CD's globs, as far as they are used for groups and kinds. */
function matches(patterns: readonly string[], value: string): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`).test(value);
  });
}

const ExtensionConfig = z.looseObject({
  services: z.array(
    z.looseObject({
      url: z.string(),
      headers: z.array(z.looseObject({ name: z.string(), value: z.string() })).optional(),
    }),
  ),
});

export function checkProxy(facts: Facts): Finding[] {
  const text = facts.settings['extension.config.stageline'];
  if (facts.backend === undefined && text === undefined) {
    return [
      skipped(
        'there is no backend: the tab draws traces from ledgers',
        'For whole traces install manifests/backend',
      ),
    ];
  }
  const findings: Finding[] = [];
  if (facts.backend === undefined) {
    findings.push(failed('there is no Deployment stageline-backend', 'Install manifests/backend'));
  } else if (!facts.backendPods.some(isReady)) {
    findings.push(
      failed(
        'no pod of the backend is ready',
        `See kubectl -n ${facts.namespace} describe pods -l app.kubernetes.io/name=stageline-backend`,
      ),
    );
  }
  if (facts.params['server.enable.proxy.extension'] !== 'true') {
    findings.push(
      failed(
        'argocd-cmd-params-cm does not turn proxy extensions on',
        'Install manifests/argocd/proxy and restart argocd-server',
      ),
    );
  }
  const config = text === undefined ? undefined : ExtensionConfig.safeParse(parse(text)).data?.services[0];
  if (config === undefined) {
    findings.push(
      failed('argocd-cm has no extension.config.stageline with a service', 'Install manifests/argocd/proxy'),
    );
  } else {
    findings.push(...checkService(facts, config));
  }
  const policies = Object.entries(facts.rbac).filter(([key]) => /^policy(\..+)?\.csv$/.test(key));
  const grants = /^\s*p,[^,]+,\s*(extensions|\*)\s*,\s*(invoke|\*)\s*,\s*(stageline|\*)\s*,\s*allow/m;
  if (!policies.some(([, policy]) => grants.test(policy))) {
    findings.push(
      warning(
        'argocd-rbac-cm lets nobody but admins use the extension',
        'Install manifests/argocd/proxy, or add "p, <role>, extensions, invoke, stageline, allow"',
      ),
    );
  }
  return findings.length > 0 ? findings : [ok('the proxy extension leads to the backend')];
}

function checkService(
  facts: Facts,
  service: { url: string; headers?: { name: string; value: string }[] | undefined },
): Finding[] {
  const findings: Finding[] = [];
  const [host, namespace = facts.namespace] = URL.canParse(service.url)
    ? new URL(service.url).hostname.split('.')
    : [];
  if (host !== 'stageline-backend' || namespace !== facts.namespace) {
    findings.push(
      warning(
        `the extension’s address is ${service.url}`,
        `It should be http://stageline-backend.${facts.namespace}:8080`,
      ),
    );
  }
  const value = service.headers?.find(({ name }) => name.toLowerCase() === 'x-stageline-secret')?.value;
  if (value === undefined || !value.startsWith('$')) {
    findings.push(
      failed('the extension sends no X-Stageline-Secret from a Secret', 'Install manifests/argocd/proxy'),
    );
    return findings;
  }
  const [name = '', key = ''] = value.includes(':')
    ? value.slice(1).split(':')
    : ['argocd-secret', value.slice(1)];
  const secret = facts.secrets.get(name);
  if (secret === undefined || !secret.keys.includes(key)) {
    findings.push(
      failed(
        `Secret ${name} with key ${key} is not there, or you may not read it`,
        'Create it; docs/install.md has the command',
      ),
    );
  } else if (name !== 'argocd-secret' && !secret.isPartOfArgoCd) {
    findings.push(
      failed(`Argo CD does not read Secret ${name}`, 'Label it app.kubernetes.io/part-of=argocd'),
    );
  }
  return findings;
}
