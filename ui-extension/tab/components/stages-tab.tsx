/** The tab "Stages" of an application. */
import * as React from 'react';
import type { FlyoutProps, ResourceTabProps } from '../host.ts';
import { StagePanel } from './stage-panel.tsx';

/**
 * On an Application that stands in another application's tree the host passes that one as `resource`, and the
 * outer application with the outer tree.
 */
export function StagesTab({ resource, tree, application }: ResourceTabProps): React.ReactElement {
  const own = resource ?? application;
  const outer = application?.metadata;
  const sameTree = own?.metadata?.name === outer?.name && own?.metadata?.namespace === outer?.namespace;
  return (
    <div className="stageline">
      <StagePanel application={own} tree={sameTree ? tree : undefined} />
    </div>
  );
}

/** The flyout of the status panel: the same, for the application that the page is about. */
export function StageFlyout({ application, tree }: FlyoutProps): React.ReactElement {
  return (
    <div className="stageline stageline-flyout">
      <StagePanel application={application} tree={tree} />
    </div>
  );
}
