/** Asking for reviews: who of the wanted reviewers is still to be asked. */
import { success } from './result.ts';
import type { Result, Reviewers } from './types.ts';

/** What a host knows of a pull request's reviewers, and how it is asked for more. */
export interface ReviewDesk {
  asked(): Promise<Result<Reviewers>>;
  /** Users who have reviewed already. */
  reviewed(): Promise<Result<readonly string[]>>;
  request(missing: Reviewers): Promise<Result<void>>;
}

/** Asks those who were neither asked nor have reviewed; without any the host hears nothing. */
export async function requestMissing(wanted: Reviewers, desk: ReviewDesk): Promise<Result<void>> {
  if (isEmpty(wanted)) return success(undefined);
  const asked = await desk.asked();
  if (asked.status !== 'success') return asked;
  const reviewed = await desk.reviewed();
  if (reviewed.status !== 'success') return reviewed;
  const missing = missingReviewers(wanted, { asked: asked.value, reviewed: reviewed.value });
  return isEmpty(missing) ? success(undefined) : desk.request(missing);
}

function isEmpty({ users, teams }: Reviewers): boolean {
  return users.length + teams.length === 0;
}

/**
 * Asking somebody again who has reviewed takes the review's place on the host's page, and tells everybody. A team's
 * request is gone as soon as one of its members has reviewed, so no team is asked after the first review.
 */
export function missingReviewers(
  wanted: Reviewers,
  known: { asked: Reviewers; reviewed: readonly string[] },
): Reviewers {
  const { asked, reviewed } = known;
  const isNew = (of: readonly string[]) => (name: string) =>
    !of.some((one) => one.toLowerCase() === name.toLowerCase());
  return {
    users: wanted.users.filter(isNew([...asked.users, ...reviewed])),
    teams: reviewed.length > 0 ? [] : wanted.teams.filter(isNew(asked.teams)),
  };
}
