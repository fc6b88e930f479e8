/** An example in the stand-in for Argo CD and a cluster. */
import { startWorld, type World } from '../../sandbox/demo/world.ts';
import { asObjects, exampleApplications, exampleFolder, ROOT } from './applications.ts';
import { podinfo } from './podinfo.ts';

/** Starts it in a folder, which stays the caller's to remove. */
export function startExampleWorld(name: string, directory: string): Promise<World> {
  const folder = exampleFolder(name);
  return startWorld({
    root: ROOT,
    directory,
    log: () => undefined,
    example: {
      folder,
      applications: asObjects(exampleApplications(folder)),
      platform: [],
      programs: podinfo,
    },
  });
}
