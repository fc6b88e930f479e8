/** What the page reads of Argo CD's API; everything else in an answer is passed on to extensions untouched. */

export interface SourceView {
  repoURL?: string;
  path?: string;
  targetRevision?: string;
  plugin?: { name?: string };
}

export interface ResourceView {
  group?: string;
  version?: string;
  kind: string;
  namespace?: string;
  name: string;
  status?: string;
  health?: HealthView;
  hook?: boolean;
  syncWave?: number;
}

export interface HealthView {
  status?: string;
  message?: string;
}

export interface HistoryView {
  id: number;
  revision: string;
  deployedAt: string;
  deployStartedAt?: string;
  initiatedBy?: { username?: string; automated?: boolean };
}

export interface OperationStateView {
  phase: string;
  message?: string;
  startedAt: string;
  finishedAt?: string;
  retryCount?: number;
  syncResult?: { revision: string; resources?: ResultView[] };
}

export interface ResultView extends ResourceView {
  message?: string;
  hookType?: string;
  hookPhase?: string;
  syncPhase?: string;
}

export interface ApplicationStatusView {
  resources: ResourceView[];
  summary: { images?: string[]; externalURLs?: string[] };
  sync?: { status?: string; revision?: string };
  health?: HealthView;
  history?: HistoryView[];
  conditions?: { type: string; message: string; lastTransitionTime?: string }[];
  operationState?: OperationStateView;
  reconciledAt?: string;
}

export interface ApplicationView {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    uid?: string;
    resourceVersion?: string;
    creationTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: {
    project: string;
    source?: SourceView;
    destination: { server?: string; name?: string; namespace?: string };
    syncPolicy?: {
      automated?: { prune?: boolean; selfHeal?: boolean; enabled?: boolean };
      syncOptions?: string[];
    };
  };
  operation?: unknown;
  status: ApplicationStatusView;
}

export interface NodeView {
  group?: string;
  version: string;
  kind: string;
  namespace?: string;
  name: string;
  uid: string;
  parentRefs?: { group?: string; kind: string; namespace?: string; name: string; uid?: string }[];
  info?: { name: string; value: string }[];
  images?: string[];
  health?: HealthView;
  createdAt?: string;
  resourceVersion?: string;
}

export interface TreeView {
  nodes: NodeView[];
  orphanedNodes?: NodeView[];
}

/** An application as the API sends it, before the page fills in what the API leaves out. */
export type ApplicationAnswer = Omit<Partial<ApplicationView>, 'metadata' | 'spec' | 'status'> &
  Pick<ApplicationView, 'metadata' | 'spec'> & { status?: Partial<ApplicationStatusView> };

/** Fills in kind, apiVersion and the parts of the status that the page and extensions take for granted. */
export function withDefaults(answer: ApplicationAnswer): ApplicationView {
  return {
    ...answer,
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    status: {
      ...answer.status,
      resources: answer.status?.resources ?? [],
      summary: answer.status?.summary ?? {},
    },
  };
}

/** The tree until the real one is there: the application's resources, without uids and parents. */
export function fallbackTree(application: ApplicationView): TreeView {
  return {
    nodes: application.status.resources.map((resource) => ({
      ...resource,
      version: resource.version ?? '',
      uid: '',
      parentRefs: [],
      info: [],
    })),
    orphanedNodes: [],
  };
}
