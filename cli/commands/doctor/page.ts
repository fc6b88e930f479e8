/** What Argo CD's page serves: its version, and whether the tab is in its extensions. Both need no login. */
import { z } from 'zod';
import { messageOf } from '../../../core/errors.ts';

export interface PageFact {
  url: string;
  /** Such as `v3.5.1+abc`. */
  version: string | undefined;
  hasTab: boolean;
  /** Why it could not be asked. */
  problem?: string;
}

/** The tab registers itself by this name, whatever minifies it. */
const TAB_MARK = 'registerResourceExtension';
const TAB_NAME = /stageline/i;
const TIMEOUT_MS = 15_000;
const Version = z.looseObject({ Version: z.string().optional() });

export async function readPage(address: string): Promise<PageFact> {
  const url = address.replace(/\/+$/, '');
  try {
    const version = Version.safeParse(await (await ask(`${url}/api/version`)).json());
    const script = await (await ask(`${url}/extensions.js`)).text();
    return {
      url,
      version: version.data?.Version,
      hasTab: script.includes(TAB_MARK) && TAB_NAME.test(script),
    };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    return { url, version: undefined, hasTab: false, problem: messageOf(error) + cause };
  }
}

async function ask(url: string): Promise<Response> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer;
}
