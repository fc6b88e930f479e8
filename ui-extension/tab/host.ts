/**
 * What Argo CD's page gives to an extension: the fields that the tab reads, none of them taken for granted,
 * and the registration functions, which differ between versions.
 */
import type { ComponentType } from 'react';

export interface HostApplication {
  kind?: string;
  metadata?: {
    name?: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
  };
  spec?: {
    project?: string;
    source?: HostSource;
    sources?: HostSource[];
    destination?: { namespace?: string };
  };
  status?: {
    controllerNamespace?: string;
    resources?: HostResource[];
    sync?: { status?: string };
    health?: { status?: string };
    reconciledAt?: string;
    operationState?: {
      phase?: string;
      startedAt?: string;
      finishedAt?: string;
      retryCount?: number;
      operation?: { sync?: { resources?: unknown[] } };
    };
  };
}

export interface HostSource {
  repoURL?: string;
  path?: string;
  plugin?: unknown;
}

export interface HostResource {
  group?: string;
  kind?: string;
  namespace?: string;
  name?: string;
}

export interface HostTreeNode extends HostResource {
  uid?: string;
  resourceVersion?: string;
  parentRefs?: (HostResource & { uid?: string })[];
}

export interface HostTree {
  nodes?: HostTreeNode[];
}

/** Of a resource tab; on an Application that stands in another application's tree, `resource` is the inner one. */
export interface ResourceTabProps {
  resource?: HostApplication;
  tree?: HostTree;
  application?: HostApplication;
}

export interface StatusPanelProps {
  application?: HostApplication;
  openFlyout?: () => void;
}

export interface FlyoutProps {
  application?: HostApplication;
  tree?: HostTree;
}

/** `window.extensionsAPI`; a function that an older Argo CD lacks is undefined. */
export interface ExtensionsApi {
  registerResourceExtension?: (
    ...parts: [
      component: ComponentType<ResourceTabProps>,
      group: string,
      kind: string,
      title: string,
      options: { icon: string },
    ]
  ) => void;
  registerStatusPanelExtension?: (
    component: ComponentType<StatusPanelProps>,
    title: string,
    id: string,
    flyout?: ComponentType<FlyoutProps>,
  ) => void;
  registerSystemLevelExtension?: (
    component: ComponentType,
    title: string,
    path: string,
    icon: string,
  ) => void;
}

/** `window.STAGELINE_VARS`, which the extension installer writes from an admin's settings. */
export interface StagelineVars {
  /** Address of a trace in a trace UI, with `{traceId}` in it. */
  traceUrlTemplate?: unknown;
}

declare global {
  interface Window {
    extensionsAPI?: ExtensionsApi;
    STAGELINE_VARS?: StagelineVars;
  }
}
