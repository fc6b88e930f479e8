/** Latencies in bounded memory: buckets that grow by 0.1 %, so that a percentile is off by at most that. */

const GROWTH = Math.log(1.001);
/** One microsecond; what is faster counts as this. */
const SMALLEST_MS = 0.001;

export class LatencyHistogram {
  readonly #buckets = new Map<number, number>();
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  /** Notes one latency in milliseconds. */
  record(ms: number): void {
    const bucket = Math.round(Math.log(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) / GROWTH);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count += 1;
    this.#sumMs += ms;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  get count(): number {
    return this.#count;
  }

  /** NaN if nothing was noted. */
  get meanMs(): number {
    return this.#sumMs / this.#count;
  }

  get maxMs(): number {
    return this.#count === 0 ? Number.NaN : this.#maxMs;
  }

  /** The latency that `percent` of all do not exceed (nearest rank); NaN if nothing was noted. */
  percentileMs(percent: number): number {
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#count));
    let seen = 0;
    for (const [bucket, count] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      seen += count;
      if (seen >= rank) return Math.min(this.#maxMs, SMALLEST_MS * Math.exp(bucket * GROWTH));
    }
    return Number.NaN;
  }
}
