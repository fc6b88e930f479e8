/** Checks of Argo CD's version, the sidecar, and the applications that it renders. */
import { parse } from 'yaml';
import { isOurs, pluginContainer, type Facts } from './facts.ts';
import { failed, ok, skipped, warning, type Finding } from './findings.ts';

const OLDEST = [3, 0] as const;
const INSTALL = 'Install manifests/argocd/repo-server; docs/install.md says how';

/** Of the page where it was asked, else of argocd-server's image. */
export function argoVersion(facts: Facts): { major: number; minor: number; text: string } | undefined {
  const container = facts.server?.spec.template.spec.containers.find(({ name }) => name === 'argocd-server');
  const image = container?.image?.split('@')[0] ?? '';
  const match = /v?(\d+)\.(\d+)\.(\d+)/.exec(facts.page?.version ?? image.slice(image.lastIndexOf(':')));
  if (!match) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), text: match[0] };
}

export function checkVersion(facts: Facts): Finding[] {
  if (facts.repoServer === undefined || facts.server === undefined) {
    const name = facts.repoServer === undefined ? 'argocd-repo-server' : 'argocd-server';
    return [
      failed(
        `there is no Deployment ${name} in namespace ${facts.namespace}`,
        'Name the namespace of Argo CD with --namespace',
      ),
    ];
  }
  const version = argoVersion(facts);
  if (version === undefined) {
    return [
      skipped('the version of Argo CD is not in its image’s tag', 'Give the page’s address with --server'),
    ];
  }
  const isOld = version.major < OLDEST[0];
  return [
    isOld
      ? failed(`Argo CD is ${version.text}`, 'Upgrade to 3.0 or later; earlier ones are not supported')
      : ok(`Argo CD is ${version.text}`),
  ];
}

export function checkSidecar(facts: Facts): Finding[] {
  const container = pluginContainer(facts.repoServer);
  if (container === undefined) return [failed('argocd-repo-server has no container "stageline"', INSTALL)];
  const findings: Finding[] = [];
  const paths = (container.volumeMounts ?? []).map(({ mountPath }) => mountPath.replace(/\/$/, ''));
  const wanted = ['/var/run/argocd', '/home/argocd/cmp-server/plugins', '/tmp'];
  const absent = wanted.filter((path) => !paths.includes(path));
  if (absent.length > 0) findings.push(failed(`the sidecar does not mount ${absent.join(', ')}`, INSTALL));
  if (container.command?.at(0)?.endsWith('argocd-cmp-server') !== true) {
    findings.push(failed('the sidecar does not start argocd-cmp-server', INSTALL));
  }
  const user = container.securityContext?.runAsUser;
  if (user !== undefined && user !== 999) {
    findings.push(
      failed(
        `the sidecar runs as user ${user}`,
        'Set runAsUser: 999, the user of repo-server, or they cannot meet',
      ),
    );
  }
  findings.push(...checkPluginFile(facts));
  return findings.length > 0 ? findings : [ok(`the sidecar is there, image ${container.image ?? '?'}`)];
}

function checkPluginFile(facts: Facts): Finding[] {
  const text = facts.plugin?.data?.['plugin.yaml'];
  if (text === undefined) return [failed('ConfigMap stageline-plugin has no plugin.yaml', INSTALL)];
  const content: unknown = parse(text);
  const name =
    typeof content === 'object' && content !== null && 'metadata' in content ? content.metadata : undefined;
  const isNamed = typeof name === 'object' && name !== null && 'name' in name && name.name === 'stageline';
  return isNamed ? [] : [failed('plugin.yaml does not name the plugin "stageline"', INSTALL)];
}

export function checkSidecarPods(facts: Facts): Finding[] {
  if (pluginContainer(facts.repoServer) === undefined) return [];
  const statuses = facts.repoServerPods.map((pod) => ({
    pod: pod.metadata.name,
    status: pod.status?.containerStatuses?.find(({ name }) => name === 'stageline'),
  }));
  if (statuses.length === 0) {
    return [
      failed(
        'argocd-repo-server has no pod',
        `kubectl -n ${facts.namespace} describe deployment argocd-repo-server`,
      ),
    ];
  }
  return statuses.map(({ pod, status }) => {
    if (status?.state?.running && status.ready !== false) return ok(`the sidecar runs in ${pod}`);
    const reason = status?.state?.waiting?.reason ?? status?.state?.terminated?.reason ?? 'it is not ready';
    const command = `kubectl -n ${facts.namespace} logs ${pod} -c stageline`;
    const isPull = /ImagePull|ErrImage/.test(reason);
    return failed(
      `the sidecar does not run in ${pod}: ${status === undefined ? 'the pod is older than the sidecar' : reason}`,
      isPull ? 'Let the nodes pull the image, or mirror it; docs/install.md says how' : `See ${command}`,
    );
  });
}

export function checkPluginNames(facts: Facts): Finding[] {
  const findings = facts.applications.flatMap((application) => {
    const { spec, metadata } = application;
    const names = (spec.sources ?? [spec.source]).map((source) => source?.plugin?.name);
    return names.flatMap((name) =>
      name === undefined || name === 'stageline' || !isMeant(name.toLowerCase())
        ? []
        : [failed(`Application ${metadata.name} names the plugin "${name}"`, 'Write "stageline"')],
    );
  });
  const ours = facts.applications.filter(isOurs).length;
  if (findings.length > 0) return findings;
  return ours > 0
    ? [ok(ours === 1 ? 'one Application uses the plugin' : `${ours} Applications use the plugin`)]
    : [
        warning(
          'no Application uses the plugin',
          'Run "stageline init" in your repository; Applications outside this namespace are found with --applications-in',
        ),
      ];
}

export function checkRenders(facts: Facts): Finding[] {
  const ours = facts.applications.filter(isOurs);
  const broken = ours.flatMap(({ metadata, status }) => {
    const error = status?.conditions?.find(({ type }) => type === 'ComparisonError');
    return error === undefined ? [] : [{ name: metadata.name, message: error.message ?? '' }];
  });
  if (broken.length === 0) return ours.length === 0 ? [] : [ok('Argo CD reports no failed render')];
  return broken.map(({ name, message }) => {
    const own = /stageline: [A-Z_]+: [^\n]*/.exec(message)?.[0];
    const text = (own ?? message).replaceAll(/\s+/g, ' ').slice(0, 300);
    const advice = /could not find (a )?plugin|no plugin|unable to find.*plugin/i.test(message)
      ? 'The sidecar does not answer: see the two checks above'
      : 'Do what the message says; after three failures Argo CD pauses: refresh the application';
    return failed(`${name} does not render: ${text}`, advice);
  });
}

/** Also with a version behind it, which our plugin.yaml does not have. */
function isMeant(name: string): boolean {
  return name.startsWith('stageline') || isNear(name, 'stageline');
}

/** At most two letters are wrong, missing or too many. */
function isNear(a: string, b: string): boolean {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return (row[b.length] ?? 0) <= 2;
}
