/** Reviewers and reviews at GitHub. */
import type { z } from 'zod';
import { requestMissing } from '../request-reviewers.ts';
import { mapResult } from '../result.ts';
import type { Result, Reviewers } from '../types.ts';
import type { GitHubClient } from './client.ts';
import { allPages } from './pages.ts';
import { readAnswer } from './pull-requests.ts';
import { Anything, Review } from './schema.ts';

export function requestReviewers(
  client: GitHubClient,
  number: number,
  wanted: Reviewers,
): Promise<Result<void>> {
  return requestMissing(wanted, {
    asked: async () =>
      mapResult(await readAnswer(client, number), (known) => ({
        users: (known.requested_reviewers ?? []).map(({ login }) => login),
        teams: (known.requested_teams ?? []).map(({ slug }) => slug),
      })),
    reviewed: async () =>
      mapResult(await readReviews(client, number), (reviews) =>
        reviews.flatMap(({ user }) => (user ? [user.login] : [])),
      ),
    request: async ({ users, teams }) => {
      const requested = await client.call(client.acts.review, Anything, (request) =>
        request('POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers', {
          ...client.place,
          pull_number: number,
          reviewers: [...users],
          team_reviewers: [...teams],
        }),
      );
      return mapResult(requested, () => undefined);
    },
  });
}

function readReviews(client: GitHubClient, number: number): Promise<Result<z.output<typeof Review>[]>> {
  return allPages(
    client,
    client.acts.readPulls,
    Review,
    (page) => (request) =>
      request('GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews', {
        ...client.place,
        pull_number: number,
        ...page,
      }),
  );
}

/** Reviews come oldest first; a comment after an approval takes nothing back. */
export async function readApprovals(client: GitHubClient, number: number): Promise<Result<string[]>> {
  const reviews = await readReviews(client, number);
  return mapResult(reviews, (entries) => {
    const verdicts = entries.filter((review) =>
      ['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'].includes(review.state),
    );
    const last = new Map(verdicts.map((review) => [review.user?.login ?? '', review.state]));
    return [...last].filter(([login, state]) => login !== '' && state === 'APPROVED').map(([login]) => login);
  });
}
