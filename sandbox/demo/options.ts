/** Command line of the demo. */
import { parseArgs } from 'node:util';
import { StagelineError } from '../../core/errors.ts';

export interface DemoOptions {
  /** Deliver one version without a page, then end. */
  once: boolean;
  /** Print one JSON document on stdout. */
  json: boolean;
  version: DemoVersion;
  /** Folder that keeps repository, ledgers and traces; a temporary one is removed at the end. */
  keep?: string;
  /** Port of the page; 0 takes a free one. */
  port: number;
}

export type DemoVersion = 'v2' | 'v3';

export const DEMO_USAGE = `npm run demo                  dev and prod on this machine, with a page, until Ctrl-C
npm run demo -- --once        one version, no page, ends by itself
  --json                      with --once: one JSON document on stdout
  --version v2|v3             with --once: the version to deliver (v3 is too slow and must stop in dev)
  --keep DIR                  keeps the repository, ledgers and traces in DIR
  --port N                    port of the page (default 8080, the next free one if it is taken)
`;

export const DEFAULT_PORT = 8080;

/** Reads the arguments. Errors: `DEMO_USAGE`. */
export function parseDemoOptions(args: readonly string[]): DemoOptions | 'help' {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        version: { type: 'string', default: 'v2' },
        keep: { type: 'string' },
        port: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause));
  }
  if (values.help) return 'help';
  if (values.version !== 'v2' && values.version !== 'v3')
    throw usage(`there is no version "${values.version}"`);
  if (values.json && !values.once) throw usage('--json goes with --once');
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw usage(`"${values.port}" is no port`);
  return {
    once: values.once,
    json: values.json,
    version: values.version,
    port,
    ...(values.keep === undefined ? {} : { keep: values.keep }),
  };
}

function usage(problem: string): StagelineError {
  return new StagelineError(problem, {
    code: 'DEMO_USAGE',
    hint: 'npm run demo -- --help shows what there is',
  });
}
