/** Tokens and keys through promotions: they work, and they are nowhere to be read afterwards. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver } from '../../sandbox/otlp/index.ts';
import { OPERATION } from '../hooks/support/world.ts';
import { byPullRequest, startPromotionWorld, type PromotionWorld } from './support/world.ts';

/** The test's logger does not know it, so nothing takes it out of a line. */
const TOKEN = 'token-that-the-log-does-not-know';
/** What the stand-in gives out first. */
const APP_TOKEN = `ghs_standin0${'x'.repeat(24)}`;
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const APP_KEY = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const PERMISSIONS = {
  pull_requests: 'write',
  contents: 'write',
  statuses: 'write',
  actions: 'write',
} as const;

let world: PromotionWorld;
let receiver: OtlpReceiver;
let signingKey: string;
let argv: string;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
  world = await startPromotionWorld(
    {},
    {
      users: { 'x-access-token': APP_TOKEN },
      tokens: [{ token: TOKEN, login: 'promoter2', rights: { scopes: ['repo'] } }],
      apps: [
        {
          id: 12,
          publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
          installations: [
            { id: 77, repository: 'acme/shop', permissions: { ...PERMISSIONS, metadata: 'read' } },
          ],
        },
      ],
    },
  );
  const key = path.join(world.folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  signingKey = readFileSync(key, 'utf8');
  argv = writeDownArguments(world.folder);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await world.close();
  await receiver.close();
  expect(world.github.violations).toEqual([]);
});

/** A `git` first on the path that notes how it was called. */
function writeDownArguments(folder: string): string {
  const file = path.join(folder, 'argv');
  const bin = path.join(folder, 'bin');
  const git = execFileSync('/bin/sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  mkdirSync(bin);
  writeFileSync(path.join(bin, 'git'), `#!/bin/sh\nprintf '%s\\n' "$@" >> '${file}'\nexec '${git}' "$@"\n`);
  chmodSync(path.join(bin, 'git'), 0o755);
  vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`);
  return file;
}

function gitIn(...args: string[]): string {
  const gitDir = path.join(world.folder, 'shop.git');
  return execFileSync('git', ['--git-dir', gitDir, ...args], { encoding: 'utf8' });
}

/** Everything that somebody could read afterwards. */
function traces(log: readonly string[]): Record<string, string> {
  return {
    arguments: readFileSync(argv, 'utf8'),
    addresses: JSON.stringify(world.github.requests.map(({ url }) => url)),
    log: log.join(''),
    ledger: JSON.stringify(world.ledger()),
    spans: JSON.stringify(receiver.spans()),
    objects: JSON.stringify(world.store.list({ group: '', kind: 'ConfigMap' })),
    jobs: JSON.stringify(world.store.list({ group: 'batch', kind: 'Job' })),
    requests: JSON.stringify(world.pulls()),
    commits: gitIn('log', '--all', '-p'),
  };
}

function expectNowhere(secrets: readonly string[], log: readonly string[]): void {
  for (const [place, text] of Object.entries(traces(log))) {
    expect(text.length, place).toBeGreaterThan(10);
    for (const secret of secrets) expect(text, place).not.toContain(secret);
  }
}

describe('the credentials of promotions', () => {
  it('are a token in the environment alone', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      STAGELINE_GIT_USERNAME: 'promoter2',
      STAGELINE_GIT_TOKEN: TOKEN,
    };
    const log: string[] = [];
    const ways = [byPullRequest(), { kind: 'workflow', file: 'promote.yaml', inputs: {} }] as const;
    for (const [index, way] of ways.entries()) {
      const operation = OPERATION + index * 60;
      const plan = { ...world.plan({ way }), definition: `${index}` };
      const end = await world.run('promote', plan, { env, operation });
      expect(end).toMatchObject({ exitCode: 0 });
      log.push(...end.log, end.line);
    }
    const wrong = await world.run(
      'promote',
      { ...world.plan({}), definition: 'wrong' },
      {
        env: { ...env, STAGELINE_GIT_TOKEN: `${TOKEN}-expired` },
        operation: OPERATION + 180,
      },
    );
    expect(wrong).toMatchObject({ exitCode: 1, line: expect.stringContaining('GIT_CREDENTIALS') });
    expectNowhere([TOKEN], [...log, ...wrong.log, wrong.line]);
  });

  it('are a GitHub App’s key and the tokens made with it, and a key that signs', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      STAGELINE_GIT_USERNAME: '',
      STAGELINE_GIT_TOKEN: '',
      STAGELINE_GITHUB_APP_ID: '12',
      STAGELINE_GITHUB_APP_PRIVATE_KEY: APP_KEY,
      STAGELINE_GIT_SIGNING_KEY: signingKey,
    };
    const plan = world.plan({ way: byPullRequest() }, { version: 'v3' });
    const end = await world.run('promote', plan, { env, operation: OPERATION + 240 });
    expect(end).toMatchObject({ exitCode: 0, line: expect.stringContaining('waits to be merged') });
    expect(world.pulls().at(-1)).toMatchObject({ author: 'stageline[bot]', state: 'open' });
    const commit = ['cat-file', 'commit', world.pulls().at(-1)?.headCommit ?? ''];
    expect(gitIn(...commit)).toContain('-----BEGIN SSH SIGNATURE-----');
    const issued = world.github.requests.filter(({ path: at }) => at.endsWith('/access_tokens'));
    expect(issued.length).toBeGreaterThan(0);
    const lines = [APP_KEY, signingKey].flatMap((key) => key.split('\n').filter((line) => line.length > 40));
    expectNowhere([...lines, 'ghs_standin', 'eyJ'], [...end.log, end.line]);
  });
});
