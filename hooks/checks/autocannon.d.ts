/** The part of autocannon's interface that the load test uses; the package brings no types. */
declare module 'autocannon' {
  namespace autocannon {
    interface Options {
      url: string;
      connections: number;
      /** Seconds. */
      duration: number;
      /** Requests a second on all connections together. */
      overallRate?: number;
      /** Seconds without an answer after which a connection is made anew. */
      timeout: number;
      /** Milliseconds between looks at the clock. */
      sampleInt: number;
    }

    interface Instance extends PromiseLike<unknown> {
      stop(): void;
    }
  }

  function autocannon(options: autocannon.Options): autocannon.Instance;
  export = autocannon;
}
