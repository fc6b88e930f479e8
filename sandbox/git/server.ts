/**
 * Git's smart HTTP protocol for bare repositories in a folder, by the real `git http-backend`. Reading is open,
 * pushing needs a user. Loopback only; a stand-in for a Git host without its API.
 */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GitServerOptions {
  /** Folder with the bare repositories, `<name>.git`. */
  root: string;
  /** Who may push: token by user name. */
  users: Record<string, string>;
  /** 0 takes a free port. */
  port?: number;
  /** Called after each push was answered, with the repository's name. */
  onPush?: (repository: string) => void;
}

export interface GitServer {
  /** Such as `http://127.0.0.1:40123`; a repository is at `<url>/<name>.git`. */
  url: string;
  close(): Promise<void>;
}

/** Starts the server. */
export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const server = createServer((request, response) => serve(options, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => closeServer(server) };
}

function serve(options: GitServerOptions, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://git.local');
  const isPush =
    url.pathname.endsWith('/git-receive-pack') || url.searchParams.get('service') === 'git-receive-pack';
  const user = authenticatedUser(request, options.users);
  if (isPush && user === undefined) {
    response
      .writeHead(401, { 'www-authenticate': 'Basic realm="git"' })
      .end('pushing needs a user and a token\n');
    return;
  }
  const child = spawn('git', ['http-backend'], {
    env: cgiEnv(options.root, url, { request, user }),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.on('error', () => response.writeHead(500).end('git http-backend is missing\n'));
  // A client that hangs up, and a backend that stops reading early, are both ends of the same story.
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  response.on('close', () => child.kill());
  relay(child.stdout, response);
  if (isPush && request.method === 'POST') {
    child.on('close', () => options.onPush?.(url.pathname.split('/')[1] ?? ''));
  }
}

function cgiEnv(
  root: string,
  url: URL,
  peer: { request: IncomingMessage; user: string | undefined },
): NodeJS.ProcessEnv {
  const { request, user } = peer;
  const header = (name: string): string => String(request.headers[name] ?? '');
  return {
    PATH: process.env['PATH'],
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: '3',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
    GIT_CONFIG_KEY_1: 'http.receivepack',
    GIT_CONFIG_VALUE_1: 'true',
    GIT_CONFIG_KEY_2: 'uploadpack.allowAnySHA1InWant',
    GIT_CONFIG_VALUE_2: 'true',
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    REQUEST_METHOD: request.method ?? 'GET',
    CONTENT_TYPE: header('content-type'),
    CONTENT_LENGTH: header('content-length'),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    GIT_PROTOCOL: header('git-protocol'),
    REMOTE_ADDR: '127.0.0.1',
    ...(user === undefined ? {} : { REMOTE_USER: user }),
  };
}

/** Turns a CGI answer (headers, empty line, body) into an HTTP one. */
function relay(output: NodeJS.ReadableStream, response: ServerResponse): void {
  let head = Buffer.alloc(0);
  let sent = false;
  output.on('data', (chunk: Buffer) => {
    if (sent) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    sent = true;
    const fields = head
      .subarray(0, end)
      .toString('latin1')
      .split('\r\n')
      .map((line) => line.split(/:\s*/, 2));
    const status = Number(fields.find(([name]) => name?.toLowerCase() === 'status')?.[1]?.slice(0, 3) ?? 200);
    response.writeHead(
      status,
      Object.fromEntries(fields.filter(([name]) => name?.toLowerCase() !== 'status')),
    );
    response.write(head.subarray(end + 4));
  });
  output.on('end', () => {
    if (!sent) response.writeHead(500);
    response.end();
  });
}

function authenticatedUser(request: IncomingMessage, users: Record<string, string>): string | undefined {
  const match = /^Basic (.+)$/.exec(request.headers.authorization ?? '');
  if (!match?.[1]) return undefined;
  const [name = '', ...token] = Buffer.from(match[1], 'base64').toString('utf8').split(':');
  return users[name] !== undefined && users[name] === token.join(':') ? name : undefined;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
