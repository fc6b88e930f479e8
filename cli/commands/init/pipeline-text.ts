/** The text of a first pipeline file: what was found, and a place for the first check. */
import { stringify } from 'yaml';
import { parsePipeline } from '../../../core/pipeline/parse.ts';
import type { Move, PromotionSettings } from '../../../core/pipeline/schema.ts';
import type { FoundApplication, PlannedPipeline } from './types.ts';

/** `file` is only for messages: what is written is parsed before anybody sees it. */
export function pipelineText(
  pipeline: PlannedPipeline,
  options: { moves: readonly Move[]; file: string; controlPlane: string | undefined },
): string {
  const head = stringify({
    apiVersion: 'stageline.dev/v1',
    pipeline: pipeline.name,
    moves: options.moves,
  });
  const stages = pipeline.stages.map(({ name, application }, index) => {
    const isElsewhere = application.namespace !== undefined && application.namespace !== options.controlPlane;
    const previous = pipeline.stages[index - 1]?.name;
    const stage = {
      name,
      application: isElsewhere ? `${application.namespace}/${application.name}` : application.name,
      path: application.path,
      ...(previous === undefined ? {} : { after: previous, promotion: wayOf(application) }),
    };
    const lines = stringify([stage]).trimEnd().split('\n');
    if (index === 0) lines.push(...EXAMPLE);
    return lines.map((line) => `  ${line}`).join('\n');
  });
  const text = `${head}stages:\n${stages.join('\n')}\n`;
  parsePipeline(text, options.file);
  return text;
}

/** A pull request where the host is one that Stageline knows by its name; a commit works on any. */
function wayOf({ source }: FoundApplication): PromotionSettings {
  const host = /(?:@|\/\/)([^/:]+)/.exec(String(source['repoURL']))?.[1] ?? '';
  return /github|gitea|forgejo|codeberg/.test(host) ? { pullRequest: {} } : { push: {} };
}

const EXAMPLE = [
  '  # What must hold before the version moves on; the first check that you write replaces these lines.',
  '  # postDeployment:',
  '  #   - name: answers',
  '  #     http: { url: http://<service>.<namespace>.svc/healthz }',
];
