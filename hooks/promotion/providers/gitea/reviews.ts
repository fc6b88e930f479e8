/** Reviewers and reviews at Gitea and Forgejo. */
import type { z } from 'zod';
import { missingReviewers } from '../missing-reviewers.ts';
import { mapResult, success } from '../result.ts';
import type { Result, Reviewers } from '../types.ts';
import type { GiteaClient } from './client.ts';
import { readAnswer } from './pull-requests.ts';
import { Anything, Review } from './schema.ts';

export async function requestReviewers(
  client: GiteaClient,
  number: number,
  wanted: Reviewers,
): Promise<Result<void>> {
  if (wanted.users.length + wanted.teams.length === 0) return success(undefined);
  const known = await readAnswer(client, number);
  if (known.status !== 'success') return known;
  const reviews = await readReviews(client, number);
  if (reviews.status !== 'success') return reviews;
  const { requested_reviewers: askedUsers, requested_reviewers_teams: askedTeams } = known.value;
  const { users, teams } = missingReviewers(wanted, {
    asked: {
      users: (askedUsers ?? []).map(({ login }) => login),
      teams: (askedTeams ?? []).map(({ name }) => name),
    },
    // A request is in this list too, as a review that is still to come.
    reviewed: reviews.value.flatMap(({ user, state }) =>
      user && state !== 'REQUEST_REVIEW' ? [user.login] : [],
    ),
  });
  if (users.length + teams.length === 0) return success(undefined);
  const requested = await client.call(client.acts.review, Anything, {
    method: 'POST',
    path: ['pulls', number, 'requested_reviewers'],
    body: { reviewers: users, team_reviewers: teams },
  });
  return mapResult(requested, () => undefined);
}

function readReviews(client: GiteaClient, number: number): Promise<Result<z.output<typeof Review>[]>> {
  return client.list(client.acts.readPulls, Review, { method: 'GET', path: ['pulls', number, 'reviews'] });
}

/** Reviews come oldest first. */
export async function readApprovals(client: GiteaClient, number: number): Promise<Result<string[]>> {
  const reviews = await readReviews(client, number);
  return mapResult(reviews, (entries) => {
    const verdicts = entries.filter((review) => ['APPROVED', 'REQUEST_CHANGES'].includes(review.state));
    const last = new Map(verdicts.map((review) => [review.user?.login ?? '', review]));
    return [...last]
      .filter(([login, review]) => login !== '' && review.state === 'APPROVED' && !review.dismissed)
      .map(([login]) => login);
  });
}
