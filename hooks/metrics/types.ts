/** Where figures come from. Another metrics server is one more `MetricSource`. */

export interface Sample {
  value: number;
  /**
   * When it was sampled, in Unix seconds: of an expression the oldest of its selectors' newest samples. Undefined
   * if there is no sample behind it within the server's look-back.
   */
  time: number | undefined;
}

export interface MetricQuery {
  query: string;
  signal: AbortSignal;
  /** Samples older than this are stale. Milliseconds since the epoch, by our clock. */
  notBefore?: number;
}

/** Gives exactly one number that is there, or throws a StagelineError that says what is wrong. */
export interface MetricSource {
  query(query: MetricQuery): Promise<Sample>;
}
