/** Who of the wanted reviewers is still to be asked. */
import type { Reviewers } from './types.ts';

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
