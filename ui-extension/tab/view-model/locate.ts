/** Where a stage's anchor and ledger stand, from the application and Argo CD's resource tree. */
import { anchorName, instanceName, ledgerName } from '../../../core/names.ts';
import type { HostApplication, HostResource, HostTree, HostTreeNode } from '../host.ts';
import { text } from './text.ts';

export interface StagePlace {
  /** Argo CD's own name of the application, its namespace and project, for API calls. */
  application: string;
  appNamespace: string;
  project: string;
  controlPlaneNamespace: string;
  /** Where the hooks run and both ConfigMaps live. */
  namespace: string;
  anchor: string;
  ledger: string;
  /** Whether the render holds an anchor, which is what makes an application a stage. */
  hasAnchor: boolean;
  /** Changes when the anchor, the ledger or the operation have changed: the sign to read them again. */
  revision: string;
}

/** Undefined for an object that has no name: nothing to ask for. */
export function locateStage(
  application: HostApplication | undefined,
  tree?: HostTree,
): StagePlace | undefined {
  const name = text(application?.metadata?.name);
  if (application === undefined || name === '') return undefined;
  const appNamespace = text(application.metadata?.namespace);
  const nodes = (tree?.nodes ?? []).filter(isConfigMap);
  const managed = (application.status?.resources ?? []).filter(isConfigMap);
  const instance = instanceOf(name, appNamespace, { application, known: [...managed, ...nodes] });
  const anchor = anchorName(instance);
  const ledgerNode = findLedgerNode(nodes, { ledger: ledgerName(instance), anchor });
  const anchorNode = [...nodes, ...managed].find((node) => node.name === anchor);
  return {
    application: name,
    appNamespace,
    project: text(application.spec?.project),
    controlPlaneNamespace: text(application.status?.controllerNamespace) || appNamespace,
    namespace:
      text(ledgerNode?.namespace) ||
      text(anchorNode?.namespace) ||
      text(application.spec?.destination?.namespace),
    anchor,
    ledger: text(ledgerNode?.name) || ledgerName(instance),
    hasAnchor: anchorNode !== undefined || ledgerNode !== undefined,
    revision: revisionOf(application, [ledgerNode, nodes.find((node) => node.name === anchor)]),
  };
}

/** Older controllers do not say which namespace is theirs: then the objects that are there decide. */
function instanceOf(
  name: string,
  namespace: string,
  context: { application: HostApplication; known: HostResource[] },
): string {
  const controlPlane = context.application.status?.controllerNamespace;
  if (controlPlane !== undefined && controlPlane !== '') return instanceName(name, namespace, controlPlane);
  const outside = `${namespace}_${name}`;
  return context.known.some((resource) => resource.name === anchorName(outside)) ? outside : name;
}

function findLedgerNode(
  nodes: HostTreeNode[],
  names: { ledger: string; anchor: string },
): HostTreeNode | undefined {
  const byName = nodes.find((node) => node.name === names.ledger);
  if (byName) return byName;
  return nodes.find(
    (node) =>
      node.name?.startsWith('stageline-ledger-') === true &&
      (node.parentRefs ?? []).some((parent) => parent.name === names.anchor),
  );
}

/**
 * The tree's resource versions are the live sign. The operation is in it too, because a status panel gets no
 * tree, and because a change of the operation changes what "runs now" means.
 */
function revisionOf(application: HostApplication, nodes: (HostTreeNode | undefined)[]): string {
  const operation = application.status?.operationState;
  return [
    ...nodes.map((node) => node?.resourceVersion ?? ''),
    operation?.phase,
    operation?.startedAt,
    operation?.finishedAt,
    operation?.retryCount,
  ].join('/');
}

function isConfigMap(resource: HostResource): boolean {
  return resource.kind === 'ConfigMap' && (resource.group === undefined || resource.group === '');
}

/** Whether Argo CD runs a whole sync, with hooks, right now. */
export function isSyncing(application: HostApplication | undefined): boolean {
  const operation = application?.status?.operationState;
  const selected = operation?.operation?.sync?.resources;
  return (
    operation?.phase === 'Running' && (selected === undefined || selected === null || selected.length === 0)
  );
}

/** Address of the repository that the application is rendered from: the plugin's source, else the first with a path. */
export function repositoryOf(application: HostApplication | undefined): string {
  const sources = application?.spec?.sources ?? [];
  const source =
    sources.find((candidate) => candidate.plugin !== undefined) ??
    sources.find((candidate) => candidate.path !== undefined) ??
    application?.spec?.source;
  return text(source?.repoURL, 1000);
}
