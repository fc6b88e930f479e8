/**
 * Every command that the pages show, run as it stands there. There is no cluster: `kubectl apply -k` builds what it
 * would apply, out of a Git repository at the address that is written, `kubectl create` prints what it would create, and
 * the rest that needs a cluster, a registry or Docker is only read. docs/README.md says which commands those are.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const tools = path.join(root, 'node_modules/.cache/stageline/bin');

/** Commands that other tests run, by their beginning. */
const RUN_BY: Record<string, string> = {
  'npm run demo': 'test/journey/demo-process.test.ts',
  'npm test': '.ci/run',
  'stageline status': 'test/promotion/by-hand.test.ts',
  'stageline promote': 'test/promotion/by-hand.test.ts',
  'stageline approve': 'test/promotion/by-hand.test.ts',
  'stageline doctor': 'cli/commands/doctor.test.ts',
  'VERSION=v2 PORT=8081 node services/': 'examples/shop/shop.test.ts',
};

/** Programs that are written down here and not run. */
const ELSEWHERE = ['kind', 'docker', 'cosign'];

const KUBECTL = `#!/bin/sh
# Runs what needs no cluster with the real kubectl.
real="${path.join(tools, 'kubectl')}"
case " $* " in
  *" apply"*" -k "*)
    for last; do :; done
    exec "$real" kustomize "$last" ;;
  *" apply"*" -f https://"*) exit 0 ;;
  *" apply"*" -f "*)
    while [ "$1" != -f ]; do shift; done
    test -s "$2" ;;
  *" create secret "*|*" create configmap "*|*" create namespace "*) exec "$real" "$@" --dry-run=client --output=yaml ;;
  *" delete "*|*" label "*|*" annotate "*|*" rollout restart "*) exit 0 ;;
  *) echo "kubectl $* is not known here" >&2; exit 1 ;;
esac
`;

let folder: string;
let shared: string | undefined;
let env: NodeJS.ProcessEnv;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'stageline-commands-'));
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  const script = (name: string, text: string): void => {
    writeFileSync(path.join(bin, name), text);
    chmodSync(path.join(bin, name), 0o755);
  };
  script('kubectl', KUBECTL);
  script('stageline', `#!/bin/sh\nexec "${process.execPath}" "${root}/cli/main.ts" "$@"\n`);
  script('openssl', '#!/bin/sh\necho 0123456789abcdef\n');
  for (const name of ELSEWHERE) script(name, '#!/bin/sh\nexit 0\n');
  const published = path.join(folder, 'stageline');
  cpSync(path.join(root, 'manifests'), path.join(published, 'manifests'), { recursive: true });
  const config = path.join(folder, 'gitconfig');
  writeFileSync(
    config,
    `[user]\nname = Ada\nemail = ada@example.com\n[init]\ndefaultBranch = main\n[url "file://${published}"]\ninsteadOf = https://github.com/stageline/stageline\n`,
  );
  env = {
    PATH: [bin, tools, process.env['PATH'] ?? ''].join(path.delimiter),
    HOME: folder,
    GIT_CONFIG_GLOBAL: config,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TOKEN: 'token-for-tests',
  };
  for (const args of [
    ['init', '--quiet'],
    ['add', '--all'],
    ['commit', '--quiet', '--message=x'],
    ['tag', 'v0.1.0'],
  ])
    execFileSync('git', args, { cwd: published, env });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A clone of a repository whose Applications Helm renders, with a version edited. */
function clone(): string {
  const work = mkdtempSync(path.join(folder, 'work-'));
  const bare = `${work}.git`;
  cpSync(path.join(root, 'examples/shop'), work, { recursive: true });
  rmSync(path.join(work, 'stageline.yaml'));
  const apps = path.join(work, 'argocd/applications.yaml');
  writeFileSync(apps, readFileSync(apps, 'utf8').replaceAll(/plugin:\n +name: stageline/g, 'helm: {}'));
  // What the install page has the reader write.
  writeFileSync(path.join(work, 'kustomization.yaml'), 'resources: [platform/status.yaml]\n');
  execFileSync('git', ['init', '--quiet', '--bare', bare], { env });
  for (const args of [
    ['init', '--quiet'],
    ['add', '--all'],
    ['commit', '--quiet', '--message=first'],
    ['remote', 'add', 'origin', bare],
    ['push', '--quiet', '--set-upstream', 'origin', 'main'],
  ])
    execFileSync('git', args, { cwd: work, env });
  // "Edit the version in dev's values."
  const values = path.join(work, 'charts/dev/values.yaml');
  writeFileSync(values, readFileSync(values, 'utf8').replaceAll('tag: v1', 'tag: v2'));
  return work;
}

/** What asks gets a terminal of its own, and a yes. */
function run(code: string, cwd: string) {
  const file = path.join(folder, 'block.sh');
  writeFileSync(file, code);
  const bash = ['-euo', 'pipefail', file];
  const options = { cwd, env, encoding: 'utf8', input: 'y\n' } as const;
  const { status, stdout, stderr } = code.includes('stageline init')
    ? spawnSync(
        'script',
        ['--quiet', '--return', '--command', `bash ${bash.join(' ')}`, '/dev/null'],
        options,
      )
    : spawnSync('bash', bash, options);
  return { status, said: stdout + stderr };
}

function initialized(): string {
  const work = clone();
  execFileSync(process.execPath, [path.join(root, 'cli/main.ts'), 'init', '--yes'], {
    cwd: work,
    env,
    stdio: 'ignore',
  });
  return work;
}

interface Block {
  page: string;
  line: number;
  code: string;
}

const PAGES = ['README.md', 'CONTRIBUTING.md', 'docs/*.md', 'examples/*/README.md'];
const blocks: Block[] = PAGES.flatMap((pattern) => globSync(pattern, { cwd: root }))
  .toSorted()
  .flatMap((page) => {
    const text = readFileSync(path.join(root, page), 'utf8');
    return [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map((match) => ({
      page,
      line: text.slice(0, match.index).split('\n').length,
      code: match[1] ?? '',
    }));
  });
const runByOthers = (block: Block): string | undefined =>
  Object.entries(RUN_BY).find(([start]) => block.code.startsWith(start))?.[1];

function placeOf({ page, code }: Block): string {
  if (page.startsWith('examples/')) return path.join(root, path.dirname(page));
  if (code.startsWith('stageline lint')) return initialized();
  // Those that change a clone get one of their own.
  if (/^(stageline|git) /m.test(code)) return clone();
  shared ??= clone();
  return shared;
}

test('the pages have commands, and say which of them need a cluster', () => {
  expect(blocks.length).toBeGreaterThan(20);
  expect(readFileSync(path.join(root, 'docs/README.md'), 'utf8')).toContain(
    'Commands that begin with `kubectl`, and `stageline doctor`, `status`, `promote` and `approve`, need a cluster',
  );
});

describe.each(blocks.filter((block) => runByOthers(block) !== undefined))('$page:$line', (block) => {
  test('is run by another test', () => {
    expect(existsSync(path.join(root, runByOthers(block) ?? ''))).toBe(true);
  });
});

describe.each(blocks.filter((block) => runByOthers(block) === undefined))('$page:$line', (block) => {
  test('runs as it stands there', { timeout: 60_000 }, () => {
    const { status, said } = run(block.code, placeOf(block));
    expect({ status, said: status === 0 ? '' : said }).toEqual({ status: 0, said: '' });
  });
});

test('init asks at a terminal, and what it writes is committed and pushed', { timeout: 60_000 }, () => {
  const work = clone();
  const code = (start: string): string => {
    const block = blocks.find((one) => one.page === 'docs/getting-started.md' && one.code.startsWith(start));
    if (!block) throw new Error(`getting-started.md does not have ${start}`);
    return block.code;
  };
  const { said } = run(`${code('stageline init')}\n${code('git add')}`, work);
  expect(said).toContain('Write 2 files? [y/N]');
  const pushed = execFileSync('git', ['show', 'main:argocd/applications.yaml'], { cwd: `${work}.git`, env });
  expect(pushed.toString()).toContain('plugin:\n      name: stageline');
});

test('the page of the command line has every command, with what it is for', () => {
  const { said } = run('stageline --help', folder);
  const commands = [...said.matchAll(/^  (\w+(?: \w+)?)  +(.+)$/gm)];
  const rows = commands.map(([, name, summary]) => `| \`stageline ${name}\` | ${summary} |`);
  expect(rows.length).toBeGreaterThan(8);
  const page = readFileSync(path.join(root, 'docs/command-line.md'), 'utf8');
  expect(page.match(/^\| `stageline .*$/gm)).toEqual(rows);
});

const kustomizations = [
  ...readFileSync(path.join(root, 'docs/install.md'), 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g),
]
  .map((match) => match[1] ?? '')
  .filter((yaml) => yaml.includes('kind: Kustomization'));

test('the kustomizations of the install page build', () => {
  expect(kustomizations).toHaveLength(3);
  for (const yaml of kustomizations) {
    const work = mkdtempSync(path.join(folder, 'kustomization-'));
    cpSync(path.join(root, 'test/manifests/fixture/argocd.yaml'), path.join(work, 'argocd.yaml'));
    const name = 'argocd-notifications-cm';
    writeFileSync(
      path.join(work, `${name}.yaml`),
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`,
    );
    // Argo CD's own manifests are not at hand: those that matter here, as they were written down.
    const local = yaml.replace(/https:\/\/raw\.githubusercontent\S+/, 'argocd.yaml');
    writeFileSync(path.join(work, 'kustomization.yaml'), local);
    const built = execFileSync(path.join(tools, 'kubectl'), ['kustomize', work], {
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(built).toContain('name: stageline');
  }
});
