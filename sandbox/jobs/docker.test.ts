import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDocker } from './docker.ts';
import { eventually, holds, namespace, podsNamed, ref, scriptJob, startBed } from './testing.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docker-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('Docker', () => {
  it('is not there when its client is not, and when its daemon does not answer', async () => {
    expect(await createDocker('/nonexistent/docker').available()).toBe(false);
    expect(
      await createDocker(client('echo "Cannot connect to the Docker daemon" >&2; exit 1')).available(),
    ).toBe(false);
  });

  it('is asked once', async () => {
    const docker = createDocker(client(`echo asked >> ${folder}/asked`));
    expect([await docker.available(), await docker.available()]).toEqual([true, true]);
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('asked\n');
  });

  it('gets names of variables on its command line, and never their values', () => {
    const argv = createDocker().runCommand({
      name: 'n',
      image: 'app:1',
      command: ['sh', '-c'],
      args: ['echo hi'],
      variables: ['TOKEN'],
      mounts: new Map([['/data', '/tmp/x']]),
      workingDir: '/srv',
    });
    expect(argv.join(' ')).toBe(
      'docker run --rm --name n --network host --env TOKEN --volume /tmp/x:/data --workdir /srv --entrypoint sh app:1 -c echo hi',
    );
  });

  it('runs images that have no local program, with the container’s variables and mounts', async () => {
    const bed = await startBed({
      docker: client('[ "$1" = version ] && exit 0; echo "$TOKEN"; for last; do :; done; echo "$last"'),
    });
    const env = [{ name: 'TOKEN', value: 'hush' }];
    bed.store.create(scriptJob('boxed', '', { container: { image: 'busybox:1', args: ['done'], env } }));
    await eventually(bed.store, () => holds(bed.store, 'Job', 'boxed', 'Complete'));
    const [pod] = podsNamed(bed.store, 'boxed-');
    const lines = bed.controllers.podLog(namespace, pod?.metadata.name ?? '');
    await bed.close();
    expect(lines?.map(({ text }) => text)).toEqual(['hush', 'done']);
    expect(bed.errors).toEqual([]);
  });

  it('removes a container whose client had to be killed', async () => {
    const bed = await startBed({
      docker: client(
        `[ "$1" = version ] && exit 0; [ "$1" = rm ] && { echo "$3" > ${folder}/removed.tmp; mv ${folder}/removed.tmp ${folder}/removed; exit 0; }; trap '' TERM; echo up; while :; do sleep 0.1; done`,
      ),
    });
    bed.store.create(
      scriptJob('stuck', '', {
        container: { image: 'busybox:1' },
        pod: { terminationGracePeriodSeconds: 0 },
      }),
    );
    const pod = await eventually(bed.store, () =>
      podsNamed(bed.store, 'stuck-').find((one) => JSON.stringify(one['status']).includes('"running"')),
    );
    bed.store.delete(ref('Job', 'stuck'));
    await eventually(bed.store, () => podsNamed(bed.store, 'stuck-').length === 0);
    await expect.poll(() => existsSync(join(folder, 'removed'))).toBe(true);
    expect(readFileSync(join(folder, 'removed'), 'utf8')).toBe(`stageline-${pod.metadata.uid}-main\n`);
    await bed.close();
  });
});

/** A program in the client's place. */
function client(script: string): string {
  const file = join(folder, 'docker');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}
