/** What there is, read once; the checks judge it. */
import type { Cluster } from './cluster.ts';
import type { BranchFact } from './branches.ts';
import type { PageFact } from './page.ts';
import type { Pipeline } from '../../../core/pipeline/schema.ts';
import { DUE_ACCOUNT, DUE_NAMESPACE, readDue, type DueFacts } from './due-facts.ts';
import { KINDS, unlessForbidden } from './kinds.ts';
import type { Application, DataObject, Deployment, Pod, Project, RoleBinding, Rule } from './objects.ts';

/** A namespace of this cluster that an application of Stageline goes into. */
export interface HookNamespace {
  name: string;
  hasAccount: boolean;
  /** What the account may do by Roles of the namespace. */
  rules: Rule[];
  /** It is bound to ClusterRoles, whose rules are not read. */
  hasClusterRoles: boolean;
  /** What the CronJob's account may do here by Roles. */
  dueRules: Rule[];
  /** A hook Job here was suspended at some time, which a queue does and we never do. */
  hasQueue: boolean;
  /** Keys of the Secret that promotions use; undefined if it is not there. */
  gitSecretKeys: string[] | undefined;
}

/** A Service that an address of the settings names. `unknown`: the address is no Service of this cluster. */
export type ServiceState = 'ready' | 'not ready' | 'missing' | 'unknown';

export interface Facts {
  namespace: string;
  repoServer: Deployment | undefined;
  server: Deployment | undefined;
  repoServerPods: Pod[];
  serverPods: Pod[];
  plugin: DataObject | undefined;
  /** Data of argocd-cm, argocd-cmd-params-cm and argocd-rbac-cm. */
  settings: Record<string, string>;
  params: Record<string, string>;
  rbac: Record<string, string>;
  backend: Deployment | undefined;
  backendPods: Pod[];
  backendSettings: Record<string, string>;
  /** Keys by the Secret's name, of those that a proxy extension can refer to. */
  secrets: Map<string, { keys: string[]; isPartOfArgoCd: boolean }>;
  hasKueue: boolean;
  due: DueFacts;
  applications: Application[];
  projects: Project[];
  hookNamespaces: HookNamespace[];
  serviceStates: Map<string, ServiceState>;
  page: PageFact | undefined;
  /** Pipeline files at hand. */
  pipelines: Pipeline[];
  branches: BranchFact[];
}

export interface FactOptions {
  namespace: string;
  /** Further namespaces with Applications. */
  applicationNamespaces: readonly string[];
}

type ClusterFacts = Omit<Facts, 'page' | 'pipelines' | 'branches'>;

const IN_CLUSTER = new Set(['https://kubernetes.default.svc', 'in-cluster']);
export const HOOK_ACCOUNT = 'stageline';
export const GIT_SECRET = 'stageline-git';
const HOOK_JOBS = 'stageline.dev/part=hook';
export const OTLP_VARIABLE = 'STAGELINE_HOOK_ENV_OTEL_EXPORTER_OTLP_ENDPOINT';
export const JAEGER_VARIABLE = 'STAGELINE_BACKEND_JAEGER_URL';

/** Errors: KubeError; what this user may not read counts as not there only where that is said. */
export async function readFacts(cluster: Cluster, options: FactOptions): Promise<ClusterFacts> {
  const { namespace } = options;
  const deployment = (name: string, where = namespace) => cluster.get(KINDS.deployments, where, name);
  const pods = (name: string) => cluster.list(KINDS.pods, namespace, `app.kubernetes.io/name=${name}`);
  const data = async (name: string) => (await cluster.get(KINDS.configMaps, namespace, name))?.data ?? {};
  const spaces = [...new Set([namespace, ...options.applicationNamespaces])];
  const applications = (await Promise.all(spaces.map((one) => cluster.list(KINDS.applications, one)))).flat();
  const repoServer = await deployment('argocd-repo-server');
  const backendSettings = await data('stageline-backend');
  const addresses = [
    pluginContainer(repoServer)?.env?.find(({ name }) => name === OTLP_VARIABLE)?.value,
    backendSettings[JAEGER_VARIABLE],
  ].filter((address) => address !== undefined);
  return {
    namespace,
    repoServer,
    server: await deployment('argocd-server'),
    repoServerPods: await pods('argocd-repo-server'),
    serverPods: await pods('argocd-server'),
    plugin: await cluster.get(KINDS.configMaps, namespace, 'stageline-plugin'),
    settings: await data('argocd-cm'),
    params: await data('argocd-cmd-params-cm'),
    rbac: await data('argocd-rbac-cm'),
    backend: await deployment('stageline-backend'),
    backendPods: await pods('stageline-backend'),
    backendSettings,
    secrets: await readSecrets(cluster, namespace),
    hasKueue:
      (await unlessForbidden(() => deployment('kueue-controller-manager', 'kueue-system'))) !== undefined,
    due: await readDue(cluster),
    applications,
    projects: await cluster.list(KINDS.projects, namespace),
    hookNamespaces: await Promise.all(
      hookNamespaces(applications).map((name) => readHookNamespace(cluster, name)),
    ),
    serviceStates: new Map(
      await Promise.all(
        addresses.map(async (address) => [address, await serviceState(cluster, address)] as const),
      ),
    ),
  };
}

/** The container of repo-server that the plugin runs in. */
export function pluginContainer(repoServer: Deployment | undefined) {
  const containers = repoServer?.spec.template.spec.containers ?? [];
  return containers.find(({ name }) => name === 'stageline');
}

export function isOurs(application: Application): boolean {
  const sources = application.spec.sources ?? [application.spec.source];
  return sources.some((source) => source?.plugin?.name === 'stageline');
}

function hookNamespaces(applications: readonly Application[]): string[] {
  const names = applications.filter(isOurs).flatMap(({ spec: { destination } }) => {
    const isHere = IN_CLUSTER.has(destination?.server ?? '') || IN_CLUSTER.has(destination?.name ?? '');
    return isHere && destination?.namespace ? [destination.namespace] : [];
  });
  return [...new Set(names)].toSorted();
}

async function readHookNamespace(cluster: Cluster, name: string): Promise<HookNamespace> {
  const bindings = await cluster.list(KINDS.roleBindings, name);
  const own = await rulesOf(cluster, bindings, { account: HOOK_ACCOUNT, of: name, namespace: name });
  const due = await rulesOf(cluster, bindings, { account: DUE_ACCOUNT, of: DUE_NAMESPACE, namespace: name });
  const secret = await unlessForbidden(() => cluster.get(KINDS.secrets, name, GIT_SECRET));
  const jobs = (await unlessForbidden(() => cluster.list(KINDS.jobs, name, HOOK_JOBS))) ?? [];
  return {
    name,
    hasAccount: (await cluster.get(KINDS.serviceAccounts, name, HOOK_ACCOUNT)) !== undefined,
    ...own,
    dueRules: due.rules,
    hasQueue: jobs.some(({ status }) => status?.conditions?.some(({ type }) => type === 'Suspended')),
    gitSecretKeys: secret === undefined ? undefined : Object.keys(secret.data ?? {}),
  };
}

/** What a ServiceAccount of a namespace (`of`) may do in another one. */
async function rulesOf(
  cluster: Cluster,
  all: readonly RoleBinding[],
  { account, of, namespace }: { account: string; of: string; namespace: string },
): Promise<Pick<HookNamespace, 'rules' | 'hasClusterRoles'>> {
  const bindings = all.filter(({ subjects }) =>
    subjects?.some(
      (subject) =>
        subject.kind === 'ServiceAccount' &&
        subject.name === account &&
        (subject.namespace ?? namespace) === of,
    ),
  );
  const roles = await Promise.all(
    bindings
      .filter(({ roleRef }) => roleRef.kind === 'Role')
      .map(({ roleRef }) => cluster.get(KINDS.roles, namespace, roleRef.name)),
  );
  return {
    rules: roles.flatMap((role) => role?.rules ?? []),
    hasClusterRoles: bindings.some(({ roleRef }) => roleRef.kind !== 'Role'),
  };
}

async function readSecrets(cluster: Cluster, namespace: string): Promise<Facts['secrets']> {
  const found: Facts['secrets'] = new Map();
  for (const name of ['argocd-secret', 'stageline-backend']) {
    const secret = await unlessForbidden(() => cluster.get(KINDS.secrets, namespace, name));
    if (secret === undefined) continue;
    const isPartOfArgoCd = secret.metadata.labels?.['app.kubernetes.io/part-of'] === 'argocd';
    found.set(name, { keys: Object.keys(secret.data ?? {}), isPartOfArgoCd });
  }
  return found;
}

async function serviceState(cluster: Cluster, address: string): Promise<ServiceState> {
  const [name, namespace, kind] = URL.canParse(address) ? new URL(address).hostname.split('.') : [];
  if (name === undefined || namespace === undefined || (kind !== undefined && kind !== 'svc'))
    return 'unknown';
  const service = await unlessForbidden(() => cluster.get(KINDS.services, namespace, name));
  if (service === undefined) return 'missing';
  const selector = Object.entries(service.spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  if (selector.length === 0) return 'unknown';
  const pods = await cluster.list(KINDS.pods, namespace, selector.join(','));
  return pods.some(isReady) ? 'ready' : 'not ready';
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}
