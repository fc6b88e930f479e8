/** How the API answers: JSON as grpc-gateway writes it, errors with gRPC codes, plain text for the rest. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../../core/errors.ts';
import { KubeApiError } from '../../kube/index.ts';
import { ArgoCdError } from '../engine/index.ts';
import type { GrpcCode } from '../engine/index.ts';

const CODES: Record<GrpcCode, { grpc: number; http: number; status: string }> = {
  InvalidArgument: { grpc: 3, http: 400, status: 'Bad Request' },
  NotFound: { grpc: 5, http: 404, status: 'Not Found' },
  AlreadyExists: { grpc: 6, http: 409, status: 'Conflict' },
  PermissionDenied: { grpc: 7, http: 403, status: 'Forbidden' },
  FailedPrecondition: { grpc: 9, http: 400, status: 'Bad Request' },
  Unauthenticated: { grpc: 16, http: 401, status: 'Unauthorized' },
  Unknown: { grpc: 2, http: 500, status: 'Internal Server Error' },
};
const MAX_BODY_BYTES = 1024 * 1024;

export interface ApiFailure {
  grpc: number;
  http: number;
  status: string;
  message: string;
}

/** What an error is on the wire. Plain errors are code 2, and so 500, even for user mistakes. */
export function failureOf(error: unknown): ApiFailure {
  if (error instanceof ArgoCdError) return { ...CODES[error.code], message: error.message };
  if (error instanceof KubeApiError && error.code === 404)
    return { ...CODES.NotFound, message: error.message };
  return { ...CODES.Unknown, message: messageOf(error) };
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(value));
}

/** `{"error":M,"code":N,"message":M}`, the same text twice. */
export function sendFailure(response: ServerResponse, error: unknown): void {
  const { grpc, http, message } = failureOf(error);
  sendJson(response, { error: message, code: grpc, message }, http);
}

export function sendText(response: ServerResponse, text: string, status: number): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(text);
}

/** The request's body as JSON; an empty one is undefined. Throws `InvalidArgument` for anything else. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new ArgoCdError('InvalidArgument', 'request body is too large');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    throw new ArgoCdError('InvalidArgument', messageOf(error));
  }
}
