/** What a Git host's refusal means: who has to do what, or when to try again. */
import { StagelineError, type Blame } from '../../../core/errors.ts';
import { rateLimitWait, retryAfterWait } from './rate-limit.ts';
import { failure, type Refusal } from './result.ts';
import type { ApiAnswer, RequestLost } from './transport.ts';

/** One thing that a token may or may not do, in the host's own words. */
export interface Act {
  /** Goes on from "the token may not": `create pull requests in acme/shop`. */
  may: string;
  /** As the host's settings call it, with quotes: `"Pull requests: write"`. */
  right: string;
  writes: boolean;
  /** What may be missing where the host answers 404, such as `workflow promote.yaml or branch main`. */
  object?: string;
}

export interface AnswerContext {
  act: Act;
  /** `acme/shop` */
  slug: string;
  /** Name of the host as people know it. */
  host: string;
  /** The host's own words, bounded and without secrets. */
  words: string;
  now: number;
}

const RETRY_MS = 5000;

/** The result of an answer that is no success. */
export function explainAnswer(answer: ApiAnswer, context: AnswerContext): Refusal {
  const { act, host, words, now } = context;
  const { status } = answer;
  const limited = rateLimitWait(answer, now);
  if (limited !== undefined) {
    const error = problem(`${host} limits how often it may be asked (${status})${said(words)}`, {
      code: 'PROVIDER_RATE_LIMIT',
      hint: `It will answer again in ${Math.ceil(limited / 1000)} s`,
      blame: 'system',
    });
    return { status: 'retryable', error, retryAfterMs: limited, mayHaveActed: false };
  }
  if (status >= 500 || status === 408) {
    const error = problem(`${host} failed to ${act.may} (${status})${said(words)}`, {
      code: 'PROVIDER_DOWN',
      hint: 'Try again; see the host’s status page if it stays so',
      blame: 'system',
    });
    const retryAfterMs = retryAfterWait(answer, now) ?? RETRY_MS;
    return { status: 'retryable', error, retryAfterMs, mayHaveActed: act.writes };
  }
  return failure(refusal(answer, context));
}

/** The result of a request without an answer. */
export function explainLost(
  lost: RequestLost,
  context: Pick<AnswerContext, 'act' | 'host' | 'words'>,
): Refusal {
  const { act, host, words } = context;
  const error = problem(`${host} did not answer when asked to ${act.may}: ${words}`, {
    code: 'PROVIDER_UNREACHABLE',
    hint: 'Check that the hooks’ namespace can reach the host, also by the proxy if there is one',
    blame: 'system',
  });
  return { status: 'retryable', error, retryAfterMs: RETRY_MS, mayHaveActed: act.writes && lost.sent };
}

/** An answer that says success but is not what the host's description says. */
export function explainMisshapen(context: Pick<AnswerContext, 'act' | 'host'>, what: string): Refusal {
  return failure(
    problem(`${context.host} answered ${what} when asked to ${context.act.may}`, {
      code: 'PROVIDER_ANSWER',
      hint: 'Check the API address (STAGELINE_GIT_API_URL), and that no login page or proxy answers in its place',
      blame: 'setup',
    }),
  );
}

function refusal(answer: ApiAnswer, context: AnswerContext): StagelineError {
  const { act, slug, host, words } = context;
  const { status } = answer;
  if (status === 401) {
    return problem(`${host} does not accept the token (401)${said(words)}`, {
      code: 'PROVIDER_TOKEN',
      hint: 'Put a token that is valid and has not expired into the promotion’s Secret',
    });
  }
  if (status === 403) {
    return problem(`the token may not ${act.may} (403): give it ${act.right}${said(words)}`, {
      code: 'PROVIDER_RIGHT',
      hint: 'Change the token’s rights at the host, or put another one into the promotion’s Secret',
    });
  }
  if (status === 404 || status === 410) {
    const object = act.object === undefined ? slug : `${act.object} of ${slug}`;
    return problem(`${host} finds no ${object}, or the token may not ${act.may} (${status})${said(words)}`, {
      code: 'PROVIDER_NOT_FOUND',
      hint: `Check the name, and give the token ${act.right}; hosts hide what a token may not see`,
    });
  }
  if (status >= 300 && status < 400) return moved(answer, context);
  if (status === 409 || status === 405 || status === 412) {
    return problem(`${host} could not ${act.may} as things are (${status})${said(words)}`, {
      code: 'PROVIDER_CONFLICT',
      hint: 'Look at the branch or the pull request at the host',
    });
  }
  return problem(`${host} refused to ${act.may} (${status})${said(words)}`, {
    code: 'PROVIDER_REFUSED',
    hint: 'Change what its answer names',
    blame: 'input',
  });
}

function moved(answer: ApiAnswer, { slug, host }: AnswerContext): StagelineError {
  const { location } = answer.headers;
  const place = location && URL.canParse(location) ? ` to ${new URL(location).origin}` : '';
  return problem(`${host} says that ${slug} has moved${place} (${answer.status})`, {
    code: 'PROVIDER_MOVED',
    hint: 'Use the repository’s present address in the Application and the pipeline file, and https',
  });
}

function problem(message: string, options: { code: string; hint: string; blame?: Blame }): StagelineError {
  return new StagelineError(message, { blame: 'setup', ...options });
}

function said(words: string): string {
  return words === '' ? '' : `: ${words}`;
}
