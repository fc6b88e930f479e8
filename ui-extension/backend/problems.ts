/** Everything that can go wrong with a request: stable codes, the HTTP status of each, and the answer's body. */
import { StagelineError } from '../../core/errors.ts';
import type { ProblemAnswer } from './answers.ts';

const STATUS = {
  SECRET_WRONG: 401,
  HEADER_MISSING: 400,
  HEADER_REPEATED: 400,
  HEADER_MALFORMED: 400,
  HEADER_MISMATCH: 400,
  QUERY_INVALID: 400,
  TRACE_ID_INVALID: 400,
  REQUEST_INVALID: 400,
  TRACE_NOT_FOUND: 404,
  ROUTE_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  JAEGER_UNREACHABLE: 502,
  JAEGER_ANSWER: 502,
  TRACE_TOO_LARGE: 502,
  BUSY: 503,
  JAEGER_TIMEOUT: 504,
} as const;

export type ProblemCode = keyof typeof STATUS;

const BLAME: Partial<Record<ProblemCode, 'setup' | 'system'>> = {
  SECRET_WRONG: 'setup',
  HEADER_MISMATCH: 'setup',
  JAEGER_ANSWER: 'setup',
  JAEGER_UNREACHABLE: 'system',
  JAEGER_TIMEOUT: 'system',
  BUSY: 'system',
};

/** An error with one of this backend's codes. Message and hint go to the user: no address, no header value. */
export function problem(code: ProblemCode, message: string, hint: string, cause?: unknown): StagelineError {
  return new StagelineError(message, { code, hint, blame: BLAME[code] ?? 'input', cause });
}

/** What is answered for anything that was thrown; what is not ours becomes a bare 500 without detail. */
export function problemAnswer(error: unknown): { status: number; body: ProblemAnswer } {
  const own = error instanceof StagelineError && isProblemCode(error.code) ? error : fromExpress(error);
  if (own !== undefined && isProblemCode(own.code)) {
    return {
      status: STATUS[own.code],
      body: { error: { code: own.code, message: own.message, hint: own.hint } },
    };
  }
  return {
    status: 500,
    body: {
      error: {
        code: 'INTERNAL',
        message: 'the backend failed',
        hint: "Look at the backend's log; this is a defect in Stageline, please report it",
      },
    },
  };
}

/** Express itself throws errors with a status, such as for `%` without digits in a path. */
function fromExpress(error: unknown): StagelineError | undefined {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  return problem('REQUEST_INVALID', 'the request is malformed', 'Send it as /openapi.json describes');
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(STATUS, code);
}
