/** Asks Git for new commits at an interval, once a repository, and refreshes the applications they concern. */
import { messageOf } from '../../../core/errors.ts';
import { keyOf } from './application.ts';
import type { Application, ApplicationKey } from './application.ts';
import type { Repositories } from './repository.ts';

export interface PollerOptions {
  repositories: Repositories;
  applications: () => Application[];
  /** 0: never. */
  pollMs: number;
  resyncMs: number;
  refresh: (key: ApplicationKey) => void;
  log: (message: string) => void;
}

/** Starts polling; the result stops it and waits for a poll that runs. */
export function pollRepositories(options: PollerOptions): { close(): Promise<void> } {
  const { repositories, refresh } = options;
  const failed = new Set<string>();
  let polling = Promise.resolve();
  let next: NodeJS.Timeout | undefined;
  let closed = false;
  const resync = setInterval(() => {
    for (const application of options.applications()) refresh(keyOf(application));
  }, options.resyncMs);
  schedule();

  function schedule(): void {
    if (closed || options.pollMs <= 0) return;
    next = setTimeout(() => {
      polling = poll().finally(schedule);
    }, options.pollMs);
  }

  async function poll(): Promise<void> {
    repositories.forget();
    for (const application of options.applications()) {
      if (closed) return;
      if (await hasNewCommit(application)) refresh(keyOf(application));
    }
  }

  async function hasNewCommit(application: Application): Promise<boolean> {
    const { repoURL, targetRevision = '' } = application.spec.source;
    try {
      const revision = await repositories.resolve(repoURL, targetRevision);
      return (
        revision !== application.status?.sync?.revision &&
        (failed.delete(repoURL) || isNews(application, revision))
      );
    } catch (error) {
      // The refresh says so in the application's conditions; here once is enough.
      if (!failed.has(repoURL)) options.log(`${repoURL}: ${messageOf(error)}`);
      failed.add(repoURL);
      return false;
    }
  }

  const announced = new Map<string, string>();
  function isNews(application: Application, revision: string): boolean {
    const id = `${application.metadata.namespace ?? ''}/${application.metadata.name}`;
    if (announced.get(id) === revision) return false;
    announced.set(id, revision);
    return true;
  }

  return {
    async close() {
      closed = true;
      clearInterval(resync);
      clearTimeout(next);
      await polling;
    },
  };
}
