/** Lists that GitHub hands out page by page. */
import { z } from 'zod';
import type { Act } from '../explain.ts';
import { success } from '../result.ts';
import type { Result } from '../types.ts';
import type { GitHubClient } from './client.ts';

const PER_PAGE = 100;
/** What lies behind a thousand entries is too old to matter to a promotion. */
const MAX_PAGES = 10;

type PageRequest = Parameters<GitHubClient['call']>[2];

/** Every entry, up to 1,000. */
export async function allPages<T>(
  client: GitHubClient,
  act: Act,
  schema: z.ZodType<T>,
  send: (page: { per_page: number; page: number }) => PageRequest,
): Promise<Result<T[]>> {
  const all: T[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const result = await client.call(act, z.array(schema), send({ per_page: PER_PAGE, page }));
    if (result.status !== 'success') return result;
    all.push(...result.value);
    if (result.value.length < PER_PAGE) break;
  }
  return success(all);
}
