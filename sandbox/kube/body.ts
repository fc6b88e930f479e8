/** Reads a request's body: JSON or YAML, of at most 3 MiB. */
import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { KubeApiError, badRequest } from './errors.ts';
import { unsupportedMedia, type RequestBody } from './handlers.ts';

/** The API server's own limit for a body (apiserver `MaxRequestBodyBytes`). */
const maxBodyBytes = 3 * 1024 * 1024;

/** The decoded body. Throws 413 for one that is too large, 415 for other media types, 400 for text that is none. */
export async function readBody(incoming: IncomingMessage): Promise<RequestBody> {
  const mediaType = (incoming.headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? '';
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxBodyBytes) {
      throw new KubeApiError(`Request entity too large: limit is ${maxBodyBytes}`, {
        code: 413,
        reason: 'RequestEntityTooLarge',
      });
    }
    chunks.push(bytes);
  }
  const text = Buffer.concat(chunks).toString();
  return { mediaType, value: text === '' ? undefined : decodeText(text, mediaType) };
}

function decodeText(text: string, mediaType: string): unknown {
  if (!/^application\/(json|yaml|.+\+(json|yaml))$/.test(mediaType)) {
    throw unsupportedMedia('application/json, application/yaml');
  }
  try {
    const value: unknown = mediaType.endsWith('yaml') ? parseYaml(text) : JSON.parse(text);
    return value;
  } catch (error) {
    throw badRequest(`error decoding the body: ${error instanceof Error ? error.message : String(error)}`);
  }
}
