/**
 * Runs a plugin's generate command once, as argocd-cmp-server does: a process group of its own, killed at
 * the deadline, and swept after a normal end too.
 */
import { spawn } from 'node:child_process';

const GROUP_GRACE_MS = 5000;

export interface PluginRun {
  command: string[];
  cwd: string;
  env: Record<string, string>;
  timeoutMs: number;
}

/** The command failed; the message is the one users see in the ComparisonError condition. */
export class PluginFailure extends Error {
  constructor(argv: string[], reason: string, stderr: string) {
    super(`\`${printedCommand(argv)}\` failed ${reason}${stderr.trim() === '' ? '' : `: ${stderr.trim()}`}`);
    this.name = 'PluginFailure';
  }
}

/** Resolves with both streams when the command exits with 0; throws {@link PluginFailure} otherwise. */
export function runPlugin(run: PluginRun): Promise<{ stdout: string; stderr: string }> {
  const [program, ...args] = run.command;
  if (program === undefined) return Promise.reject(new PluginFailure([], 'no command is configured', ''));
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: run.cwd,
      env: run.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    const deadline = setTimeout(() => child.kill('SIGKILL'), run.timeoutMs);
    child.on('error', (error) => {
      clearTimeout(deadline);
      reject(new PluginFailure(run.command, error.message, ''));
    });
    child.on('exit', () => sweepGroup(child.pid));
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      const stderr = Buffer.concat(errors).toString('utf8');
      if (code === 0) resolve({ stdout: Buffer.concat(out).toString('utf8'), stderr });
      else reject(new PluginFailure(run.command, endOf(code, signal), stderr));
    });
  });
}

function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL') return 'signal: killed';
  return signal ? `signal: ${signal.slice(3).toLowerCase()}` : `exit status ${code}`;
}

/** The group gets SIGTERM when its leader is gone, and SIGKILL 5 s later if anything is left of it. */
function sweepGroup(pid: number | undefined): void {
  if (pid === undefined || !signalGroup(pid, 'SIGTERM')) return;
  setTimeout(() => signalGroup(pid, 'SIGKILL'), GROUP_GRACE_MS).unref();
}

function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    // ESRCH: the group has no process left, which is the normal end.
    return false;
  }
}

function printedCommand(argv: string[]): string {
  return argv.map((part) => (/[\s'"$\\]/.test(part) ? JSON.stringify(part) : part)).join(' ');
}
