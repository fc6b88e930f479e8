/**
 * What providers read from the environment, which the promotion Job takes from its Secret:
 * - `STAGELINE_GIT_TOKEN`: a token, the one that Git uses too.
 * - `STAGELINE_GIT_USERNAME`: the user that goes with it over HTTP; default by provider.
 * - `STAGELINE_GIT_PROVIDER`: `github`, `gitea` or `forgejo`, where the host's name does not say it.
 * - `STAGELINE_GIT_API_URL`: base address of the API, where it is not at the host's usual place.
 * - `STAGELINE_GITHUB_APP_ID`, `STAGELINE_GITHUB_APP_PRIVATE_KEY`, `STAGELINE_GITHUB_APP_INSTALLATION_ID` (looked up by
 *   repository if not set): a GitHub App in place of a token.
 */
import { StagelineError } from '../../../core/errors.ts';

/** The token. Errors: `PROVIDER_CREDENTIALS`. */
export function readToken(env: NodeJS.ProcessEnv, cure = ''): string {
  const token = (env['STAGELINE_GIT_TOKEN'] ?? '').trim();
  // Anything else would end up as a malformed header, whose error quotes it.
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw credentialProblem(
    token === ''
      ? 'there is no token for the Git host'
      : 'the token for the Git host has characters that no token has',
    `Put it into key "token" of the promotion's Secret${cure}`,
  );
}

/** The API's base address, without a slash at its end. Errors: `PROVIDER_ADDRESS`. */
export function apiAddress(env: NodeJS.ProcessEnv, usual: string): string {
  const text = (env['STAGELINE_GIT_API_URL'] || usual).replace(/\/+$/, '');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (isPlain && /^https?:$/.test(url.protocol)) return text;
  throw new StagelineError('STAGELINE_GIT_API_URL is not the plain address of an API', {
    code: 'PROVIDER_ADDRESS',
    hint: 'Write it as https://host/path, without user, token or query',
    blame: 'setup',
  });
}

export function credentialProblem(message: string, hint: string): StagelineError {
  return new StagelineError(message, { code: 'PROVIDER_CREDENTIALS', hint, blame: 'setup' });
}
