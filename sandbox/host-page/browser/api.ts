/** Calls to Argo CD's API relative to the page's base address, and its streams. */

/** Argo CD refused, or could not be reached. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

export function baseUrl(path: string): string {
  return new URL(path, document.baseURI).href;
}

/** Reads JSON; the caller names the shape that the API promises. Throws {@link ApiError}. */
export async function getJson<Answer>(path: string): Promise<Answer> {
  return answerOf<Answer>(await fetch(baseUrl(path)));
}

/** Sends JSON with any method, as the API wants it: `application/json` exactly, even without a body. */
export async function sendJson<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(baseUrl(path), {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return answerOf<Answer>(response);
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  const text = await response.text();
  if (!response.ok) throw new ApiError(response.status, messageIn(text) || response.statusText);
  const answer: Answer = JSON.parse(text);
  return answer;
}

function messageIn(text: string): string {
  try {
    const failure: { message?: string } = JSON.parse(text);
    return failure.message ?? text;
  } catch {
    // Argo CD answers some refusals as plain text.
    return text;
  }
}

/**
 * Follows a stream with EventSource while the page is visible, and again when it comes back into view.
 * Returns the function that stops it.
 */
export function follow<Result>(path: string, onResult: (result: Result) => void): () => void {
  let source: EventSource | undefined;

  function open(): void {
    if (document.hidden || source) return;
    source = new EventSource(baseUrl(path));
    source.addEventListener('message', (event: MessageEvent<string>) => {
      const message: { result?: Result } = JSON.parse(event.data);
      if (message.result !== undefined) onResult(message.result);
    });
  }

  function close(): void {
    source?.close();
    source = undefined;
  }

  function onVisibility(): void {
    if (document.hidden) close();
    else open();
  }

  document.addEventListener('visibilitychange', onVisibility);
  open();
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    close();
  };
}
