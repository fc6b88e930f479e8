/** The part of autocannon's interface that the load test uses; the package brings no types. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  namespace autocannon {
    interface Options {
      url: string;
      connections?: number;
      /** Seconds. */
      duration?: number;
      overallRate?: number;
      timeout?: number;
      bailout?: number;
      sampleInt?: number;
      servername?: string;
      /** Called with each connection's client before it connects. */
      setupClient?: (client: EventEmitter) => void;
      requests?: { method?: string; path?: string; headers?: Record<string, string>; body?: string }[];
    }

    interface Result {
      errors: number;
      timeouts: number;
      non2xx: number;
      '2xx': number;
      /** Seconds. */
      duration: number;
    }

    interface Instance extends EventEmitter, PromiseLike<Result> {
      stop(): void;
      on(
        event: 'response',
        listener: (client: unknown, status: number, bytes: number, ms: number) => void,
      ): this;
      on(event: 'reqError', listener: (error: Error) => void): this;
    }
  }

  function autocannon(options: autocannon.Options): autocannon.Instance;
  export = autocannon;
}
