/** Reviewers and reviews at Gitea and Forgejo. */
import type { z } from 'zod';
import { requestMissing } from '../request-reviewers.ts';
import { mapResult } from '../result.ts';
import type { Result, Reviewers } from '../types.ts';
import type { GiteaClient } from './client.ts';
import { readAnswer } from './pull-requests.ts';
import { Anything, Review } from './schema.ts';

export function requestReviewers(
  client: GiteaClient,
  number: number,
  wanted: Reviewers,
): Promise<Result<void>> {
  return requestMissing(wanted, {
    asked: async () =>
      mapResult(await readAnswer(client, number), (known) => ({
        users: (known.requested_reviewers ?? []).map(({ login }) => login),
        teams: (known.requested_reviewers_teams ?? []).map(({ name }) => name),
      })),
    // A request is in this list too, as a review that is still to come.
    reviewed: async () =>
      mapResult(await readReviews(client, number), (reviews) =>
        reviews.flatMap(({ user, state }) => (user && state !== 'REQUEST_REVIEW' ? [user.login] : [])),
      ),
    request: async ({ users, teams }) => {
      const requested = await client.call(client.acts.review, Anything, {
        method: 'POST',
        path: ['pulls', number, 'requested_reviewers'],
        body: { reviewers: users, team_reviewers: teams },
      });
      return mapResult(requested, () => undefined);
    },
  });
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
