/** Whether everything that is installed is of one release: plugin and hooks must be, the rest should. */
import type { Deployment } from './objects.ts';
import { pluginContainer, type Facts } from './facts.ts';
import { ok, warning, type Finding } from './findings.ts';

const RELEASE = /v?(\d+\.\d+\.\d+)/;

export function checkReleases(facts: Facts): Finding[] {
  const sidecar = pluginContainer(facts.repoServer);
  if (sidecar === undefined) return [];
  const installer = facts.server?.spec.template.spec.initContainers?.find(
    ({ name }) => name === 'stageline-tab',
  );
  const texts: [string, string | undefined][] = [
    ['the sidecar', tagOf(sidecar.image)],
    ['hook Jobs', tagOf(sidecar.env?.find(({ name }) => name === 'STAGELINE_HOOK_IMAGE')?.value)],
    [
      'the tab',
      installer?.env?.find(({ name }) => name === 'EXTENSION_URL')?.value ?? tagOf(installer?.image),
    ],
    ['the backend', tagOf(imageOf(facts.backend))],
    ['the CronJob', tagOf(facts.due.cronJob?.spec.jobTemplate.spec.template.spec.containers[0]?.image)],
  ];
  const known = texts.flatMap(([what, text]) => {
    const release = RELEASE.exec(text ?? '')?.[1];
    return release === undefined ? [] : [{ what, release }];
  });
  const [first] = known;
  if (first === undefined || known.every(({ release }) => release === first.release)) {
    return first === undefined ? [] : [ok(`all that is installed is of release ${first.release}`)];
  }
  const list = known.map(({ what, release }) => `${what} ${release}`).join(', ');
  return [
    warning(
      `several releases are installed: ${list}`,
      'Change all together; docs/operations.md has the steps',
    ),
  ];
}

function imageOf(deployment: Deployment | undefined): string | undefined {
  return deployment?.spec.template.spec.containers[0]?.image;
}

function tagOf(image: string | undefined): string | undefined {
  return image?.split('@')[0]?.split('/').at(-1)?.split(':')[1];
}
