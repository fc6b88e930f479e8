/** Faults that a test makes the stand-in API server answer: refusals, delays, `Retry-After`. */
import type { ServerResponse } from 'node:http';
import { KubeApiError } from './errors.ts';

/** A fault for one call: `status` answers it with that code, `delayMs` holds it back first. */
export interface Fault {
  status?: number;
  delayMs?: number;
  headers?: Record<string, string>;
}

/** Holds the call back and throws the fault's error, where it has either. */
export async function injectFault(fault: Fault | undefined, response: ServerResponse): Promise<void> {
  if (fault === undefined) return;
  for (const [name, value] of Object.entries(fault.headers ?? {})) response.setHeader(name, value);
  if (fault.delayMs !== undefined) await delay(fault.delayMs);
  if (fault.status === undefined) return;
  const { reason, message } = faults[fault.status] ?? {
    reason: 'InternalError',
    message: 'an error was injected',
  };
  throw new KubeApiError(message, { code: fault.status, reason });
}

const faults: Readonly<Record<number, { reason: string; message: string }>> = {
  401: { reason: 'Unauthorized', message: 'Unauthorized' },
  403: { reason: 'Forbidden', message: 'forbidden: an error was injected' },
  404: { reason: 'NotFound', message: 'the server could not find the requested resource' },
  409: {
    reason: 'Conflict',
    message:
      'Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again',
  },
  410: { reason: 'Expired', message: 'too old resource version' },
  429: {
    reason: 'TooManyRequests',
    message: 'the server has received too many requests and has asked us to try again later',
  },
  500: { reason: 'InternalError', message: 'Internal error occurred: an error was injected' },
  503: { reason: 'ServiceUnavailable', message: 'the server is currently unable to handle the request' },
  504: { reason: 'Timeout', message: 'the server was unable to return a response in the time allotted' },
};

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
