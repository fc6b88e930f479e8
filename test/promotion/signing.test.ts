/** Commits that are signed, verified by Git itself. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHookWorld, planFor, type HookWorld } from '../hooks/support/world.ts';

let world: HookWorld;
let privateKey: string;

beforeAll(async () => {
  world = await startHookWorld();
  const file = path.join(world.folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'stageline', '-f', file]);
  privateKey = readFileSync(file, 'utf8');
  const publicKey = readFileSync(`${file}.pub`, 'utf8');
  writeFileSync(path.join(world.folder, 'signers'), `promotions@example.com ${publicKey}`);
});

afterAll(() => world.close());

describe('a promotion with a signing key', () => {
  it('says what is wrong with a key that cannot sign, without the key', async () => {
    const broken = privateKey.replace(/[A-Za-z0-9]{20}/, 'AAAAAAAAAAAAAAAAAAAA');
    const end = await world.run('promote', planFor(world, { promotions: [{}] }), {
      env: { STAGELINE_GIT_SIGNING_KEY: broken },
    });
    expect(end.line).toMatch(/^stageline: promotion to "prod" failed: GIT_SIGNING: .*signingKey/);
    expect(`${end.line}${end.log.join('')}${JSON.stringify(world.ledger())}`).not.toContain('AAAAAAAA');
    await world.run('fail', planFor(world, { promotions: [{}] }));
  });

  it('makes a commit that Git verifies, by the author that is set', async () => {
    const env = {
      STAGELINE_GIT_SIGNING_KEY: privateKey.trim(),
      STAGELINE_GIT_AUTHOR_NAME: 'Promotions',
      STAGELINE_GIT_AUTHOR_EMAIL: 'promotions@example.com',
    };
    const end = await world.run('promote', planFor(world, { promotions: [{}] }), { env });
    expect(end.line).toBe('stageline: frontend.tag v2 is in prod');
    const git = ['--git-dir', path.join(world.folder, 'shop.git')];
    const signers = ['-c', `gpg.ssh.allowedSignersFile=${path.join(world.folder, 'signers')}`];
    const verified = spawnSync('git', [...signers, ...git, 'verify-commit', 'main'], { encoding: 'utf8' });
    expect(verified.stderr).toMatch(/^Good "git" signature for promotions@example.com/);
    expect(world.gitLog('%an <%ae> %cn %s')[0]).toBe(
      'Promotions <promotions@example.com> Promotions Promote shop to prod: frontend.tag v2',
    );
    expect(world.gitLog('%(trailers:key=Argocd-reference-commit-sha,valueonly)')[0]).toMatch(
      /^[0-9a-f]{40}$/,
    );
    expect(JSON.stringify(world.ledger())).not.toContain(privateKey.split('\n')[1]);
  });
});
