/**
 * Git, held safe: a repository's content is hostile input. Git never discovers a repository, reads no
 * configuration but the given repository's own, asks nothing, and fetches nothing by itself.
 */
import { StagelineError } from '../core/errors.ts';
import { run, type RunOptions, type RunResult } from './process.ts';

export interface GitOptions {
  /** The git directory; Git is never left to look for one. Absent only for clone, init and ls-remote. */
  gitDir?: string;
  workTree?: string;
  cwd?: string;
  timeoutMs?: number;
  input?: string | Buffer;
  signal?: AbortSignal;
  /** Further variables, such as identity and dates of a commit. */
  env?: NodeJS.ProcessEnv;
  /** User and token for HTTP remotes; handed over by the environment of the child, never by arguments. */
  credentials?: { username: string; token: string };
}

export interface GitResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

const SAFE_CONFIG: readonly string[] = [
  'safe.bareRepository=explicit',
  'safe.directory=*',
  'log.showSignature=false',
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'protocol.ext.allow=never',
  'gc.auto=0',
  'maintenance.auto=false',
  // A process less for the few objects that a promotion makes.
  'fastimport.unpackLimit=1',
];

/** Reads the token from the environment, so that neither arguments nor files ever hold it. */
const CREDENTIAL_HELPER =
  '!f() { test "$1" = get && echo "username=$STAGELINE_GIT_USERNAME" && echo "password=$STAGELINE_GIT_TOKEN"; }; f';

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Runs Git. A non-zero exit code is an answer, not an error: `git` below throws for callers to whom it is one.
 * Errors: `PROGRAM_MISSING`, `GIT_TIMEOUT`.
 */
export async function tryGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const result = await runGit(args, options);
  return { exitCode: result.exitCode ?? 128, stdout: result.stdout.toString('utf8'), stderr: result.stderr };
}

/** Git's whole command line, held safe. */
export function gitArguments(args: readonly string[], options: GitOptions): string[] {
  const place = [
    ...(options.gitDir === undefined ? [] : [`--git-dir=${options.gitDir}`]),
    ...(options.workTree === undefined ? [] : [`--work-tree=${options.workTree}`]),
  ];
  const credential = options.credentials
    ? ['credential.helper=', `credential.helper=${CREDENTIAL_HELPER}`]
    : ['credential.helper='];
  const config = [...SAFE_CONFIG, ...credential].flatMap((setting) => ['-c', setting]);
  return [...place, ...config, ...args];
}

async function runGit(args: readonly string[], options: GitOptions): Promise<RunResult> {
  const result = await run('git', gitArguments(args, options), runOptions(options));
  if (result.timedOut) {
    throw new StagelineError(
      `git ${args[0] ?? ''} took longer than ${(options.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 1000} s`,
      {
        code: 'GIT_TIMEOUT',
        hint: 'Check that the repository answers, or raise the time limit',
        blame: 'system',
      },
    );
  }
  return result;
}

/** Runs Git and returns its stdout. Throws `GIT_FAILED` with Git's own last line, credentials taken out. */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  const result = await tryGit(args, options);
  if (result.exitCode === 0) return result.stdout;
  throw gitFailed(args, result);
}

/** The error for a Git command whose exit code was not expected. */
export function gitFailed(args: readonly string[], result: GitResult): StagelineError {
  const reason =
    scrubUrls(result.stderr.trim().split('\n').slice(-2).join(' ')) || `exit code ${result.exitCode}`;
  return new StagelineError(`git ${args[0] ?? ''} failed: ${reason}`, {
    code: 'GIT_FAILED',
    hint: 'Check the repository address, the branch and the credentials',
    blame: 'system',
  });
}

/** Takes user names and passwords out of addresses in a text. */
export function scrubUrls(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, '$1');
}

/** Git's whole environment: nothing of ours but the path and the certificates. */
export function gitEnvironment(options: GitOptions): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    LANG: 'C.UTF-8',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_PAGER: 'cat',
    ...(process.env['SSL_CERT_FILE'] === undefined ? {} : { GIT_SSL_CAINFO: process.env['SSL_CERT_FILE'] }),
    ...(options.credentials
      ? {
          STAGELINE_GIT_USERNAME: options.credentials.username,
          STAGELINE_GIT_TOKEN: options.credentials.token,
        }
      : {}),
    ...options.env,
  };
}

function runOptions(options: GitOptions): RunOptions {
  return {
    cwd: options.cwd ?? options.workTree ?? options.gitDir ?? '/',
    env: gitEnvironment(options),
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}
