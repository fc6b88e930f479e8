/**
 * Serves the page that stands in for Argo CD's UI: one HTML page for every path of its own, and its bundles. A
 * visitor without a session gets one, so that the sandbox needs no login.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerResponse } from 'node:http';
import { sessionCookie } from '../argocd/index.ts';
import type { PageRequest, PageSource } from '../argocd/index.ts';

export type ReactVersion = 16 | 19;

export interface HostPageOptions {
  /** Folder of the built bundles `app.js`, `globals-16.js` and `globals-19.js`. */
  distDir: string;
  /** React for visitors who do not ask with `?react=16` or `?react=19`. Default 19, as Argo CD from 3.5 on. */
  react?: ReactVersion;
  /** Local user that visitors without a session become. Default `admin`. */
  username?: string;
}

const BUNDLE = /^\/host\/(app|globals-16|globals-19)\.js$/;

/** The page for {@link startArgoCdApi}'s `page` option. */
export function createHostPage(options: HostPageOptions): PageSource {
  return {
    async serve(visit) {
      const { request, response, pathname } = visit;
      if (request.method !== 'GET' && request.method !== 'HEAD') return false;
      const bundle = BUNDLE.exec(pathname)?.[1];
      if (bundle !== undefined) {
        await sendBundle(response, options.distDir, bundle);
        return true;
      }
      // Argo CD answers every path that is no file with its page, to whoever takes HTML.
      if (!request.headers.accept?.includes('text/html')) return false;
      if (!visit.signedIn) {
        const token = visit.issueToken(options.username ?? 'admin');
        response.setHeader('Set-Cookie', sessionCookie(token, visit.rootPath));
      }
      response.writeHead(200, {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': "frame-ancestors 'self';",
        'Cache-Control': 'no-store',
      });
      response.end(pageHtml(visit.rootPath, reactFor(visit, options.react ?? 19)));
      return true;
    },
  };
}

async function sendBundle(response: ServerResponse, distDir: string, name: string): Promise<void> {
  try {
    const script = await readFile(join(distDir, `${name}.js`));
    response.writeHead(200, { 'Content-Type': 'application/javascript' });
    response.end(script);
  } catch {
    // The page's console shows this line: the bundles come from the build.
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(`${name}.js is not built; run the build first\n`);
  }
}

function reactFor({ query }: PageRequest, usual: ReactVersion): ReactVersion {
  const asked = query.get('react');
  if (asked === '16') return 16;
  return asked === '19' ? 19 : usual;
}

/** Scripts in Argo CD's order: the page's own, then the extensions, all deferred. */
function pageHtml(rootPath: string, react: ReactVersion): string {
  return `<!doctype html>
<html lang="en">
<!-- A stand-in for Argo CD's UI, part of Stageline's sandbox. -->
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stand-in for Argo CD</title>
<base href="${rootPath}/">
<link rel="icon" href="data:,">
<script defer src="host/globals-${react}.js"></script>
<script defer src="host/app.js"></script>
<script defer src="extensions.js"></script>
</head>
<body><div id="app"></div><noscript>This page needs JavaScript.</noscript></body>
</html>
`;
}
