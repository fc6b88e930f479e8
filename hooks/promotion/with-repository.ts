/** A promotion's repository for as long as some work lasts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitAccess } from './host.ts';
import type { PromotionOrder, PromotionTools } from './order.ts';
import { patiently } from './patience.ts';
import { openRepository, type Repository } from './repository.ts';

/** Opens the repository in a folder of its own, which is gone afterwards. */
export async function withRepository<T>(
  tools: PromotionTools,
  place: Pick<PromotionOrder['planned'], 'repoURL' | 'base' | 'provider' | 'api'>,
  work: (repository: Repository) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'stageline-promotion-'));
  try {
    const repository = await openRepository({
      folder,
      ...(await gitAccess(tools, place)),
      base: place.base,
      env: tools.env,
      signal: tools.signal,
      patiently: (call) => patiently(tools, call),
    });
    try {
      return await work(repository);
    } finally {
      await repository.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
