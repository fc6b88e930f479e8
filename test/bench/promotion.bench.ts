/**
 * A promotion into a large repository over HTTP, held to `git clone --depth 1` of the same: bytes on the wire and time,
 * the least of several rounds each. Then promotions at once into one branch. Prints one JSON document; ends with 1 if a
 * target is missed.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeFreight } from '../../core/freight.ts';
import { PLAN_VERSION, type Plan } from '../../core/plan.ts';
import { promote } from '../../hooks/promotion/promote.ts';
import { startGitServer } from '../../sandbox/git/server.ts';
import { orderOf, toolsFor } from '../promotion/support/order.ts';

const FILES = 50_000;
const FILES_IN_FOLDER = 250;
const COMMITS = 5000;
const ROUNDS = 3;
const AT_ONCE = 20;
const TARGETS = { megabytes: 20, shareOfCloneTime: 0.5, landed: AT_ONCE };
const USER = { name: 'bench', token: 'bench-token' };

/** As Kubernetes repositories are: many small YAML files, most of them alike but for some values. */
function fileText(index: number, version: number): string {
  const key = (index * 2_654_435_761 + version * 40_503) >>> 0;
  const lines = Array.from(
    { length: 12 },
    (_, line) => `  key${line}: ${((key ^ (line * 97)) >>> 0).toString(36)}`,
  );
  return `# app ${index}\nfrontend:\n  tag: v${version}\nconfig:\n${lines.join('\n')}\n`;
}

function pathOf(index: number): string {
  return `apps/team-${Math.floor(index / FILES_IN_FOLDER)}/app-${index % FILES_IN_FOLDER}/values.yaml`;
}

async function makeRepository(gitDir: string): Promise<void> {
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', gitDir]);
  for (const [key, value] of [
    ['uploadpack.allowFilter', 'true'],
    ['http.receivepack', 'true'],
  ] as const)
    execFileSync('git', ['--git-dir', gitDir, 'config', key, value]);
  const child = spawn('git', ['--git-dir', gitDir, 'fast-import', '--quiet'], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const write = async (text: string): Promise<void> => {
    if (!child.stdin.write(text)) await once(child.stdin, 'drain');
  };
  for (let commit = 0; commit < COMMITS; commit += 1) {
    const message = `Commit ${commit}`;
    await write(
      `commit refs/heads/main\ncommitter Ada <ada@example.com> ${1_800_000_000 + commit} +0000\ndata ${message.length}\n${message}\n`,
    );
    const changed =
      commit === 0 ? Array.from({ length: FILES }, (_, index) => index) : [(commit * 7919) % FILES];
    for (const index of changed) {
      const text = fileText(index, commit === 0 ? 1 : commit % 50);
      await write(`M 100644 inline ${pathOf(index)}\ndata ${Buffer.byteLength(text)}\n${text}\n`);
    }
  }
  child.stdin.end();
  await once(child, 'close');
  execFileSync('git', ['--git-dir', gitDir, 'repack', '-a', '-d', '-q', '--write-bitmap-index'], {
    stdio: 'ignore',
  });
}

/** Counts what goes through in both directions. */
async function countingProxy(
  upstream: number,
): Promise<{ port: number; take: () => number; close: () => void }> {
  let bytes = 0;
  const server = createServer((incoming) => {
    const outgoing = connect(upstream, '127.0.0.1');
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      from.on('data', (chunk: Buffer) => (bytes += chunk.length));
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    take: () => {
      const taken = bytes;
      bytes = 0;
      return taken;
    },
    close: () => server.close(),
  };
}

function planFor(repoURL: string, head: string, index: number): Plan {
  return {
    version: PLAN_VERSION,
    pipeline: 'bench',
    stage: 'dev',
    application: `app-${index}`,
    namespace: 'bench',
    anchor: { name: 'stageline-bench', labels: {}, data: {} },
    ledger: { name: 'stageline-ledger-bench' },
    commit: { id: head, mode: 'git', author: 'Ada <ada@example.com>', subject: 'Use v99' },
    head,
    source: { repoURL, path: 'apps/dev', targetRevision: 'main' },
    freight: makeFreight([{ kind: 'helm-value', file: 'values.yaml', key: 'frontend.tag', value: 'v99' }]),
    definition: String(index),
    ancestry: [],
    links: [],
    metadata: {},
    phases: [],
    promotions: [
      {
        target: `stage-${index}`,
        targetApplication: `app-${index}`,
        targetPath: path.posix.dirname(pathOf(index)),
        repoURL,
        base: 'main',
        way: { kind: 'push', merge: true },
        secret: 'stageline-git',
      },
    ],
  };
}

interface Measured {
  ms: number;
  bytes: number;
}

function least(rounds: readonly Measured[]): Measured {
  return {
    ms: Math.min(...rounds.map(({ ms }) => ms)),
    bytes: Math.max(...rounds.map(({ bytes }) => bytes)),
  };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'stageline-promotion-bench-'));
  const gitDir = path.join(folder, 'large.git');
  const begun = Date.now();
  await makeRepository(gitDir);
  const madeIn = Date.now() - begun;
  const server = await startGitServer({ root: folder, users: { [USER.name]: USER.token } });
  const proxy = await countingProxy(Number(new URL(server.url).port));
  const url = `http://127.0.0.1:${proxy.port}/large.git`;
  const head = execFileSync('git', ['--git-dir', gitDir, 'rev-parse', 'main'], { encoding: 'utf8' }).trim();
  const tools = toolsFor({ STAGELINE_GIT_USERNAME: USER.name, STAGELINE_GIT_TOKEN: USER.token });
  const timed = async (work: () => Promise<unknown>): Promise<Measured> => {
    proxy.take();
    const from = performance.now();
    await work();
    return { ms: Math.round(performance.now() - from), bytes: proxy.take() };
  };
  const clones: Measured[] = [];
  const promotions: Measured[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const clone = path.join(folder, `clone-${round}`);
    clones.push(
      await timed(async () => {
        const child = spawn('git', ['clone', '--quiet', '--depth', '1', url, clone], { stdio: 'inherit' });
        await once(child, 'close');
      }),
    );
    rmSync(clone, { recursive: true, force: true });
    const index = 17 + round * 12_345;
    promotions.push(
      await timed(() => promote(tools, orderOf(planFor(url, head, index), `${round + 1}`.repeat(32)))),
    );
  }
  const before = commitsOf(gitDir);
  const together = await timed(() =>
    Promise.all(
      Array.from({ length: AT_ONCE }, (_, number) => {
        const index = 1000 + number * 1500;
        return promote(
          tools,
          orderOf(planFor(url, head, index), (number + 100).toString(16).padStart(32, '0')),
        );
      }),
    ),
  );
  const landed = commitsOf(gitDir) - before;
  proxy.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
  const clone = least(clones);
  const promotion = least(promotions);
  const figures = {
    repository: { files: FILES, commits: COMMITS, madeInMs: madeIn },
    clone: { ms: clone.ms, megabytes: megabytes(clone.bytes) },
    promotion: { ms: promotion.ms, megabytes: megabytes(promotion.bytes) },
    shareOfCloneTime: Number((promotion.ms / clone.ms).toFixed(3)),
    atOnce: { promotions: AT_ONCE, landed, ms: together.ms, megabytes: megabytes(together.bytes) },
    targets: TARGETS,
  };
  const isMet =
    figures.promotion.megabytes <= TARGETS.megabytes &&
    figures.shareOfCloneTime <= TARGETS.shareOfCloneTime &&
    landed === TARGETS.landed;
  console.log(JSON.stringify({ benchmark: 'promotion', ...figures, met: isMet }, null, 2));
  process.exit(isMet ? 0 : 1);
}

function megabytes(bytes: number): number {
  return Number((bytes / 1_000_000).toFixed(2));
}

function commitsOf(gitDir: string): number {
  return Number(
    execFileSync('git', ['--git-dir', gitDir, 'rev-list', '--count', 'main'], { encoding: 'utf8' }),
  );
}

void main();
