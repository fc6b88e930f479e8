/**
 * The ledger's ConfigMap: read, changed and written under optimistic concurrency, one change after the other.
 * A change is a pure function of the ledger; it may run again on a newer ledger, so it must be repeatable.
 */
import { PART_LABEL, PIPELINE_LABEL, STAGE_LABEL } from '../../core/annotations.ts';
import { StagelineError } from '../../core/errors.ts';
import { boundLedger } from '../../core/ledger/bound.ts';
import { emptyLedger } from '../../core/ledger/delivery.ts';
import { readLedger } from '../../core/ledger/read.ts';
import { LEDGER_KEY, LEDGER_VERSION, type Ledger } from '../../core/ledger/types.ts';
import type { Plan } from '../../core/plan.ts';
import type { Logger } from '../log.ts';
import { ensureAnchor } from './anchor.ts';
import type { KubeClient } from './client.ts';
import { isKubeStatus, type KubeAction } from './errors.ts';
import { backoffMs, delay } from './retry.ts';
import type { ConfigMap } from './types.ts';

export interface LedgerStoreOptions {
  client: KubeClient;
  namespace: string;
  plan: Pick<Plan, 'anchor' | 'ledger' | 'pipeline' | 'stage' | 'application'>;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Told of every write, with the ledger as it was before; of one whose answer was lost perhaps with those of others. */
  onWrite?: (before: Ledger, after: Ledger) => void;
  sleep?: (ms: number) => Promise<void>;
  random?: () => number;
}

interface Stored {
  ledger: Ledger;
  /** The ledger as it is in the cluster; undefined if there is none that can be read. */
  text: string | undefined;
  /** The ConfigMap as it is in the cluster; undefined if there is none yet. */
  object: ConfigMap | undefined;
  /** What was there before and is no ledger; it is kept aside with the next write. */
  broken: string | undefined;
}

const CONFLICT_TRIES = 20;
const CONFLICT_BACKOFF = { firstMs: 20, maxMs: 2000 };
const BROKEN_KEY = /^ledger\.broken\..+\.json$/;
/** With the ledger's 512 KiB this stays under the 1 MiB that a ConfigMap may hold. */
const BROKEN_LIMIT_BYTES = 192 * 1024;
const BROKEN_KEPT = 2;

export class LedgerStore {
  readonly #options: LedgerStoreOptions;
  #stored: Stored | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #writes = 0;

  constructor(options: LedgerStoreOptions) {
    this.#options = options;
  }

  /** Writes made, for tests and the log. */
  get writes(): number {
    return this.#writes;
  }

  /** The ledger as it was last read or written; read from the cluster the first time. Errors: `LEDGER_NEWER`. */
  async read(): Promise<Ledger> {
    return this.#inTurn(async () => (await this.#load()).ledger);
  }

  /**
   * Applies a change and writes it, unless it changes nothing. A conflict reads the newer ledger and applies the
   * change to that. Errors: `LEDGER_NEWER`, `LEDGER_CONTENDED`, KubeError.
   */
  async update(change: (ledger: Ledger) => Ledger): Promise<Ledger> {
    return this.#inTurn(async () => {
      let before: Ledger | undefined;
      for (let attempt = 1; attempt <= CONFLICT_TRIES; attempt += 1) {
        const stored = await this.#load();
        before ??= stored.ledger;
        const changed = change(stored.ledger);
        const { ledger, text } = boundLedger(changed);
        // An unchanged ledger is not written, a new or a broken one is.
        if (stored.text === text || (changed === stored.ledger && stored.object === undefined)) {
          // After a conflict: our write came through, and only its answer was lost.
          if (attempt > 1) this.#options.onWrite?.(before, stored.ledger);
          return stored.ledger;
        }
        const written = await this.#write(stored, { ledger, text });
        if (written) return written;
        this.#stored = undefined;
        const { sleep = delay, random = Math.random } = this.#options;
        await sleep(backoffMs(CONFLICT_BACKOFF, attempt, random));
      }
      throw new StagelineError(
        `ledger ${this.#place()} was changed by others ${CONFLICT_TRIES} times while it was written`,
        {
          code: 'LEDGER_CONTENDED',
          hint: 'Find out which program writes this ConfigMap; only hooks of this application should',
          blame: 'setup',
        },
      );
    });
  }

  /** One after the other, whatever became of the one before. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work, work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #load(): Promise<Stored> {
    this.#stored ??= this.#interpret(await this.#options.client.find<ConfigMap>(this.#action('get')));
    return this.#stored;
  }

  #interpret(object: ConfigMap | undefined): Stored {
    const { plan, log } = this.#options;
    const text = object?.data?.[LEDGER_KEY];
    if (text === undefined) return { ledger: emptyLedger(plan), text: undefined, object, broken: undefined };
    const reading = readLedger(text);
    if (reading.kind === 'ledger') {
      return { ledger: withOwner(reading.ledger, plan), text, object, broken: undefined };
    }
    if (reading.kind === 'newer') {
      throw new StagelineError(
        `ledger ${this.#place()} has version ${reading.version}, this runner writes version ${LEDGER_VERSION}`,
        {
          code: 'LEDGER_NEWER',
          hint: 'Use a hook image of the newer release, or delete the ConfigMap to begin a new ledger',
          blame: 'setup',
        },
      );
    }
    log.warn(`ledger ${this.#place()} is no ledger: ${reading.reason}; it is kept aside and a new one begun`);
    return { ledger: emptyLedger(plan), text: undefined, object, broken: text };
  }

  /** The ledger as written, or undefined if someone else was faster. */
  async #write(stored: Stored, next: { ledger: Ledger; text: string }): Promise<Ledger | undefined> {
    const { client, plan } = this.#options;
    const { ledger, text } = next;
    const data = { ...keptAside(stored, this.#options.now()), [LEDGER_KEY]: text };
    try {
      const object =
        stored.object === undefined
          ? await client.request<ConfigMap>({
              action: this.#action('create'),
              body: await this.#newObject(data),
            })
          : await client.request<ConfigMap>({
              action: this.#action('update'),
              body: {
                apiVersion: 'v1',
                kind: 'ConfigMap',
                ...stored.object,
                metadata: {
                  ...stored.object.metadata,
                  labels: { ...stored.object.metadata?.labels, ...ledgerLabels(plan) },
                },
                data,
              },
            });
      this.#writes += 1;
      this.#stored = { ledger, text, object, broken: undefined };
      this.#options.onWrite?.(stored.ledger, ledger);
      return ledger;
    } catch (error) {
      // 404: deleted since it was read, for example with its anchor.
      if (isKubeStatus(error, 409) || isKubeStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async #newObject(data: Record<string, string>): Promise<ConfigMap> {
    const { client, namespace, plan } = this.#options;
    const anchor = await ensureAnchor(client, namespace, plan);
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: plan.ledger.name,
        namespace,
        labels: ledgerLabels(plan),
        ownerReferences: [anchor],
      },
      data,
    };
  }

  #action(verb: KubeAction['verb']): KubeAction {
    const { namespace, plan } = this.#options;
    const name = verb === 'create' ? {} : { name: plan.ledger.name };
    return { verb, group: '', resource: 'configmaps', namespace, ...name };
  }

  #place(): string {
    return `${this.#options.namespace}/${this.#options.plan.ledger.name}`;
  }
}

function ledgerLabels(plan: LedgerStoreOptions['plan']): Record<string, string> {
  return { [PART_LABEL]: 'ledger', [PIPELINE_LABEL]: plan.pipeline, [STAGE_LABEL]: plan.stage };
}

/** A stage may be renamed or move to another pipeline; its history stays. */
function withOwner(ledger: Ledger, plan: LedgerStoreOptions['plan']): Ledger {
  const { pipeline, stage, application } = plan;
  if (ledger.pipeline === pipeline && ledger.stage === stage && ledger.application === application)
    return ledger;
  return { ...ledger, pipeline, stage, application };
}

/** What else the ConfigMap holds, with the newest broken ledgers, cut to their bound. */
function keptAside(stored: Stored, now: number): Record<string, string> {
  const data = { ...stored.object?.data };
  delete data[LEDGER_KEY];
  if (stored.broken !== undefined) {
    const time = new Date(now).toISOString().replace(/[:.]/g, '-');
    const bytes = Buffer.from(stored.broken, 'utf8').subarray(0, BROKEN_LIMIT_BYTES);
    data[`ledger.broken.${time}.json`] = bytes.toString('utf8');
  }
  const broken = Object.keys(data)
    .filter((key) => BROKEN_KEY.test(key))
    .sort();
  for (const key of broken.slice(0, Math.max(0, broken.length - BROKEN_KEPT))) delete data[key];
  return data;
}
