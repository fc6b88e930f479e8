/** A stage: what was read of it, or why it could not be. */
import * as React from 'react';
import { useStage } from '../data/use-stage.ts';
import type { HostApplication, HostTree } from '../host.ts';
import { locateStage } from '../view-model/locate.ts';
import { NotAStage, ReadingProblem, Skeleton } from './empty-states.tsx';
import { StageContent } from './stage-content.tsx';

interface StagePanelProps {
  application: HostApplication | undefined;
  tree: HostTree | undefined;
}

export function StagePanel({ application, tree }: StagePanelProps): React.ReactElement {
  const place = React.useMemo(() => locateStage(application, tree), [application, tree]);
  const data = useStage(place);
  if (application === undefined || place === undefined) return <NotAStage />;
  const { snapshot, problem } = data;
  if (snapshot === undefined)
    return problem === undefined ? <Skeleton /> : <ReadingProblem data={data} now={0} />;
  if (snapshot.ledger.kind === 'missing' && snapshot.anchor === undefined && !place.hasAnchor)
    return <NotAStage />;
  return <StageContent application={application} place={place} data={data} snapshot={snapshot} />;
}
