/** The two routes of an App: where it is installed, and a token for that installation. */
import type { Caller, Level } from './access.ts';
import type { Description } from './description.ts';
import { isRecord } from './json.ts';
import { refusedAnswer, type RouteAnswer } from './route.ts';

interface AppCall {
  caller: Caller;
  path: Record<string, string>;
  body: unknown;
  description: Description;
  /** Callers by the tokens that were given out. */
  issued: Map<string, Caller>;
  /** Milliseconds since the epoch. */
  now: number;
}

export function appAnswer(call: AppCall): RouteAnswer {
  const { caller, path, body, description, issued } = call;
  if (caller.kind !== 'app')
    return refusedAnswer({ status: 401, message: 'A JSON web token could not be decoded' });
  const slug = `${path['owner']}/${path['repo']}`;
  const installation = caller.app.installations.find(
    (candidate) => String(candidate.id) === path['installation_id'] || candidate.repository === slug,
  );
  if (!installation) return refusedAnswer({ status: 404, message: 'Not Found' });
  if (path['installation_id'] === undefined) {
    return { status: 200, body: { ...description.example('installation'), id: installation.id } };
  }
  const names = isRecord(body) && Array.isArray(body['repositories']) ? body['repositories'] : [];
  const [, name] = installation.repository.split('/');
  if (names.some((wanted) => wanted !== name)) {
    return refusedAnswer({
      status: 422,
      message:
        'There is at least one repository that does not exist or is not accessible to the parent installation.',
    });
  }
  const token = `ghs_standin${issued.size}${'x'.repeat(24)}`;
  const permissions: Record<string, Level> = installation.permissions;
  issued.set(token, {
    kind: 'installation',
    login: 'stageline[bot]',
    permissions,
    repository: installation.repository,
  });
  const expires = new Date(call.now + 3_600_000).toISOString();
  return { status: 201, body: { token, expires_at: expires, permissions, repository_selection: 'selected' } };
}
