/** Runs git for the stand-in's repo server: no user or system configuration, no prompts, no hooks. */
import { spawn } from 'node:child_process';

/** `git <args>` failed; the message is what git said. */
export class GitError extends Error {
  constructor(args: string[], stderr: string) {
    super(`\`git ${args.join(' ')}\` failed: ${stderr.trim()}`);
    this.name = 'GitError';
  }
}

/** Runs git in a directory and resolves with its stdout; throws {@link GitError}. */
export function git(cwd: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      'git',
      ['-c', 'core.hooksPath=/dev/null', '-c', 'advice.detachedHead=false', ...args],
      {
        cwd,
        env: {
          PATH: process.env['PATH'] ?? '/usr/bin:/bin',
          HOME: cwd,
          LC_ALL: 'C',
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_TERMINAL_PROMPT: '0',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const out: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString('utf8'));
      else reject(new GitError(args, Buffer.concat(errors).toString('utf8') || `exit status ${code}`));
    });
  });
}
