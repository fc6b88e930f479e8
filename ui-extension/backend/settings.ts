/**
 * The backend's settings: environment variables, parsed and validated once. No name ends in _PORT or holds
 * _SERVICE_: Kubernetes itself sets such variables in every pod beside a Service called `stageline-backend`.
 */
import { z } from 'zod';
import { StagelineError, messageOf } from '../../core/errors.ts';

const PREFIX = 'STAGELINE_BACKEND_';
const KUBERNETES_OWN = /^STAGELINE_BACKEND_(SERVICE_|PORT$|PORT_)/;

export interface ListenAddress {
  /** All interfaces if undefined. */
  host?: string;
  /** 0 takes a free one. */
  port: number;
}

export interface Settings {
  listen: ListenAddress;
  metricsListen: ListenAddress;
  /** Any of them opens the door, so that a secret can be replaced without a gap. */
  secrets: readonly string[];
  controlPlaneNamespace: string;
  /** Base address of Jaeger's query service, without a slash at its end. */
  jaeger?: string;
  traceLink?: string;
  traceService: string;
  timeoutMs: number;
  maxTraceBytes: number;
  maxSpans: number;
  concurrency: number;
  cacheBytes: number;
  cacheMs: number;
  shutdownMs: number;
  logLevel: LogLevel;
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

/** What each variable is for; docs/backend.md has the same table, and a test compares them. */
export const SETTING_DEFAULTS = {
  LISTEN: '8080',
  METRICS_LISTEN: '9090',
  SECRET: '',
  SECRET_FILE: '',
  CONTROL_PLANE_NAMESPACE: 'argocd',
  JAEGER_URL: '',
  TRACE_LINK: '',
  TRACE_SERVICE: 'stageline',
  TIMEOUT_SECONDS: '10',
  MAX_TRACE_BYTES: '8388608',
  MAX_SPANS: '10000',
  CONCURRENCY: '4',
  CACHE_BYTES: '33554432',
  CACHE_SECONDS: '300',
  SHUTDOWN_SECONDS: '15',
  LOG_LEVEL: 'info',
} as const;

type SettingName = keyof typeof SETTING_DEFAULTS;

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,12}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be from ${least} to ${most}`);

const listenAddress = z
  .string()
  .regex(/^(?:(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)?:)?\d{1,5}$/, 'must be a port, or host:port')
  .transform(toListenAddress)
  .refine(({ port }) => port <= 65_535, 'must have a port up to 65535');

const webAddress = z
  .string()
  .refine(isPlainWebAddress, 'must be an http or https address without credentials, query or fragment')
  .transform((text) => text.replace(/\/+$/, ''));

const linkTemplate = z
  .string()
  .max(1000)
  .refine(isLinkTemplate, 'must be an http or https address with {traceId} in its path, query or fragment');

const VARIABLES = z.object({
  LISTEN: listenAddress,
  METRICS_LISTEN: listenAddress,
  CONTROL_PLANE_NAMESPACE: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a namespace'),
  JAEGER_URL: z.literal('').or(webAddress),
  TRACE_LINK: z.literal('').or(linkTemplate),
  TRACE_SERVICE: z.string().min(1).max(200),
  TIMEOUT_SECONDS: wholeNumber(1, 60),
  MAX_TRACE_BYTES: wholeNumber(65_536, 67_108_864),
  MAX_SPANS: wholeNumber(100, 50_000),
  CONCURRENCY: wholeNumber(1, 64),
  CACHE_BYTES: wholeNumber(0, 1_073_741_824),
  CACHE_SECONDS: wholeNumber(1, 86_400),
  SHUTDOWN_SECONDS: wholeNumber(0, 300),
  LOG_LEVEL: z.enum(LOG_LEVELS),
});

/**
 * Reads the settings. `readFile` is only used for the secret's file.
 * @throws StagelineError SETTING_INVALID, SETTING_UNKNOWN, SECRET_MISSING, SECRET_UNREADABLE or SECRET_WEAK;
 * the message never holds a secret.
 */
export function parseSettings(
  env: Record<string, string | undefined>,
  readFile: (path: string) => string,
): Settings {
  refuseUnknown(env);
  const texts = Object.fromEntries(
    Object.entries(SETTING_DEFAULTS).map(([name, fallback]) => [
      name,
      env[PREFIX + name]?.trim() || fallback,
    ]),
  );
  const parsed = VARIABLES.safeParse(texts);
  if (!parsed.success) throw invalid(parsed.error.issues[0]);
  const value = parsed.data;
  return {
    listen: value.LISTEN,
    metricsListen: value.METRICS_LISTEN,
    secrets: secretsOf(env, readFile),
    controlPlaneNamespace: value.CONTROL_PLANE_NAMESPACE,
    ...(value.JAEGER_URL === '' ? {} : { jaeger: value.JAEGER_URL }),
    ...(value.TRACE_LINK === '' ? {} : { traceLink: value.TRACE_LINK }),
    traceService: value.TRACE_SERVICE,
    timeoutMs: value.TIMEOUT_SECONDS * 1000,
    maxTraceBytes: value.MAX_TRACE_BYTES,
    maxSpans: value.MAX_SPANS,
    concurrency: value.CONCURRENCY,
    cacheBytes: value.CACHE_BYTES,
    cacheMs: value.CACHE_SECONDS * 1000,
    shutdownMs: value.SHUTDOWN_SECONDS * 1000,
    logLevel: value.LOG_LEVEL,
  };
}

function refuseUnknown(env: Record<string, string | undefined>): void {
  const unknown = Object.keys(env).find(
    (name) =>
      name.startsWith(PREFIX) &&
      !Object.hasOwn(SETTING_DEFAULTS, name.slice(PREFIX.length)) &&
      !KUBERNETES_OWN.test(name),
  );
  if (unknown === undefined) return;
  throw new StagelineError(`${unknown} is not a setting of the backend`, {
    code: 'SETTING_UNKNOWN',
    hint: 'See the table in docs/backend.md',
    blame: 'setup',
  });
}

function invalid(issue: z.core.$ZodIssue | undefined): StagelineError {
  const variable = `${PREFIX}${String(issue?.path[0] ?? '')}`;
  return new StagelineError(`${variable} ${issue?.message ?? 'is invalid'}`, {
    code: 'SETTING_INVALID',
    hint: 'Mend it in the environment of the backend; docs/backend.md has the table',
    blame: 'setup',
  });
}

function secretsOf(env: Record<string, string | undefined>, readFile: (path: string) => string): string[] {
  const inline = env[`${PREFIX}SECRET`]?.trim() ?? '';
  const path = env[`${PREFIX}SECRET_FILE`]?.trim() ?? '';
  if ((inline === '') === (path === '')) {
    throw new StagelineError(`exactly one of ${PREFIX}SECRET_FILE and ${PREFIX}SECRET must be set`, {
      code: 'SECRET_MISSING',
      hint: 'Mount the secret that Argo CD sends in X-Stageline-Secret and name its file',
      blame: 'setup',
    });
  }
  const secrets = (path === '' ? inline : readSecretFile(path, readFile)).split(/\s+/).filter(Boolean);
  if (secrets.length === 0 || !secrets.every((secret) => /^[\x21-\x7e]{16,256}$/.test(secret))) {
    throw new StagelineError('the shared secret must have 16 to 256 printable ASCII characters', {
      code: 'SECRET_WEAK',
      hint: 'Make one with `openssl rand -hex 32`',
      blame: 'setup',
    });
  }
  return secrets;
}

function readSecretFile(path: string, readFile: (path: string) => string): string {
  try {
    return readFile(path);
  } catch (cause) {
    throw new StagelineError(`${PREFIX}SECRET_FILE: ${messageOf(cause)}`, {
      code: 'SECRET_UNREADABLE',
      hint: 'Mount the Secret there, readable for the user that the backend runs as',
      blame: 'setup',
      cause,
    });
  }
}

function toListenAddress(text: string): ListenAddress {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, Math.max(colon, 0)).replace(/^\[|\]$/g, '');
  return { port: Number(text.slice(colon + 1)), ...(host === '' ? {} : { host }) };
}

function isPlainWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return isWebUrl(url) && url.search === '' && url.hash === '';
}

/** The id must not decide where the link leads: whatever it is, the origin is the same. */
function isLinkTemplate(text: string): boolean {
  const urls = ['1', '2'].map((id) => text.replaceAll('{traceId}', id.repeat(32)));
  if (urls[0] === urls[1] || !urls.every((url) => URL.canParse(url))) return false;
  const [one, two] = urls.map((url) => new URL(url));
  return one !== undefined && isWebUrl(one) && one.origin === two?.origin;
}

function isWebUrl(url: URL): boolean {
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

export type { SettingName };
