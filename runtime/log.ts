/**
 * A small logger: one JSON object a line on stderr. It takes out what must never be written, and reads nothing
 * from the environment by itself.
 */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type LogFields = Record<string, unknown>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose lines carry these fields too. */
  with(fields: LogFields): Logger;
}

export interface LoggerOptions {
  write: (line: string) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
  level?: LogLevel;
  /** Values that are replaced wherever they stand, such as tokens. Shorter ones than 4 characters are left out. */
  secrets?: readonly string[];
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const REDACTED = '[redacted]';
const SECRET_FIELD = /^(authorization|cookie|set-cookie|password|token|secret|api[-_]?key)$/i;
const MIN_SECRET_LENGTH = 4;
const MAX_DEPTH = 6;

/** Makes a logger. Errors become their code and message; credentials in addresses are taken out. */
export function createLogger(options: LoggerOptions): Logger {
  return loggerWith({}, options);
}

/** The level that a text names, `info` for anything else. */
export function logLevelOf(text: string | undefined): LogLevel {
  return LEVELS.find((level) => level === text?.toLowerCase()) ?? 'info';
}

/** Takes secrets and the user information of addresses out of a text. */
export function redact(text: string, secrets: readonly string[] = []): string {
  const withoutUsers = text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"']*@/gi, '$1');
  return secrets
    .flatMap(formsOf)
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .reduce((line, secret) => line.replaceAll(secret, REDACTED), withoutUsers);
}

/** A key of several lines is also told as JSON writes it, and line by line. */
function formsOf(secret: string): string[] {
  if (!secret.includes('\n')) return [secret];
  const lines = secret.split('\n').filter((line) => !line.startsWith('-----'));
  return [secret, JSON.stringify(secret).slice(1, -1), ...lines];
}

function loggerWith(base: LogFields, options: LoggerOptions): Logger {
  const threshold = LEVELS.indexOf(options.level ?? 'info');
  const log = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (LEVELS.indexOf(level) < threshold) return;
    const time = new Date(options.now()).toISOString();
    const line = JSON.stringify({
      time,
      level,
      message,
      ...plainFields({ ...base, ...fields }, 0),
    });
    options.write(`${redact(line, options.secrets)}\n`);
  };
  return {
    debug: (message, fields) => log('debug', message, fields),
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
    with: (fields) => loggerWith({ ...base, ...fields }, options),
  };
}

function plainFields(fields: object, depth: number): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      SECRET_FIELD.test(name) ? REDACTED : plain(value, depth),
    ]),
  );
}

function plain(value: unknown, depth: number): unknown {
  if (value instanceof Error) {
    const code = 'code' in value && typeof value.code === 'string' ? { code: value.code } : {};
    const cause = value.cause === undefined ? {} : { cause: plain(value.cause, depth + 1) };
    return { ...code, message: value.message, ...cause };
  }
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  return plainFields(value, depth + 1);
}
