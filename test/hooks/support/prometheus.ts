/** A real Prometheus on loopback, with recorded samples and a target that it scrapes every second. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Programs of the machine, not of this repository. */
const PROGRAMS = { prometheus: 'prometheus', promtool: 'promtool' };

export interface RealPrometheus {
  url: string;
  close(): Promise<void>;
}

/** Seconds before now, value, by series in OpenMetrics notation. */
export type Recorded = Record<string, [secondsAgo: number, value: string][]>;

/** Whether `prometheus` and `promtool` are on PATH (Debian: `apt-get install prometheus`). */
export function hasPrometheus(): boolean {
  try {
    execFileSync(PROGRAMS.prometheus, ['--version'], { stdio: 'ignore' });
    execFileSync(PROGRAMS.promtool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    // That they are missing is the answer.
    return false;
  }
}

export async function startPrometheus(
  recorded: Recorded,
  scrape?: { job: string; address: string },
): Promise<RealPrometheus> {
  const folder = mkdtempSync(path.join(tmpdir(), 'stageline-prometheus-'));
  const data = path.join(folder, 'data');
  mkdirSync(data);
  const now = Date.now() / 1000;
  const lines = Object.entries(recorded).flatMap(([series, samples]) => [
    `# TYPE ${series.split('{')[0] ?? ''} gauge`,
    ...samples.map(([ago, value]) => `${series} ${value} ${(now - ago).toFixed(3)}`),
  ]);
  const openmetrics = path.join(folder, 'samples.txt');
  writeFileSync(openmetrics, `${lines.join('\n')}\n# EOF\n`);
  if (lines.length > 0)
    execFileSync(PROGRAMS.promtool, ['tsdb', 'create-blocks-from', 'openmetrics', openmetrics, data], {
      stdio: 'ignore',
    });
  const config = path.join(folder, 'prometheus.yml');
  const target = scrape
    ? `  - job_name: ${scrape.job}\n    static_configs: [{ targets: ['${scrape.address}'] }]\n`
    : '';
  writeFileSync(
    config,
    `global: { scrape_interval: 1s, scrape_timeout: 900ms }\nscrape_configs:\n${target || '  []\n'}`,
  );
  const port = await freePort();
  const child = spawn(
    PROGRAMS.prometheus,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  await ready(url, child);
  return {
    url,
    async close() {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

async function ready(url: string, child: { exitCode: number | null }): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
