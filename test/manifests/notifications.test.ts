/** The notification templates through Go's own template engine, which Helm brings: what a reader of a channel sees. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from './kustomize.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'stageline-notifications-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cm = readFileSync(
  path.join(root, 'manifests/argocd/notifications/argocd-notifications-cm.yaml'),
  'utf8',
);
const { data } = parse(cm) as { data: Record<string, string> };

const hook = (name: string, hookType: string, hookPhase: string, message: string): object => ({
  kind: 'Job',
  name,
  hookType,
  hookPhase,
  message,
});
const app = {
  metadata: { name: 'shop-dev', namespace: 'argocd' },
  status: {
    operationState: {
      syncResult: {
        revision: 'abc1234',
        resources: [
          { kind: 'Deployment', name: 'shop', status: 'Synced', message: 'configured' },
          hook('sl-shop-dev-post-1', 'PostSync', 'Failed', 'Job has reached the specified backoff limit'),
          hook('sl-shop-dev-fail-1', 'SyncFail', 'Succeeded', ''),
        ],
      },
    },
  },
};

/** As the engine of Argo CD Notifications calls it, with `app` and `context` at the root. */
function message(template: string): string {
  const parsed = parse(data[`template.${template}`] ?? '') as { message: string };
  mkdirSync(path.join(folder, 'templates'), { recursive: true });
  writeFileSync(path.join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: notifications\nversion: 1.0.0\n');
  writeFileSync(
    path.join(folder, 'templates/message.yaml'),
    `message: {{ tpl (.Files.Get "message.txt") . | toJson }}\n`,
  );
  writeFileSync(
    path.join(folder, 'message.txt'),
    `{{ with dict "app" .Values.app "context" .Values.context }}${parsed.message}{{ end }}`,
  );
  const values = JSON.stringify({ app, context: { argocdUrl: 'https://argocd.example.com' } });
  const helm = path.join(root, 'node_modules/.cache/stageline/bin/helm');
  const output = execFileSync(helm, ['template', folder, '--values', '-'], {
    input: values,
    encoding: 'utf8',
  });
  return (parse(output) as { message: string }).message;
}

test('a failed delivery names commit, hook and where to look', () => {
  expect(message('stageline-delivery-failed')).toBe(
    `The delivery of shop-dev failed at commit abc1234.
PostSync sl-shop-dev-post-1: Job has reached the specified backoff limit
The Stages tab says which check and why: https://argocd.example.com/applications/argocd/shop-dev
`,
  );
});

test('a promotion names the application and its commit', () => {
  expect(message('stageline-promoted')).toBe(
    `shop-dev passed its checks at commit abc1234; its promotion is made or waits.
https://argocd.example.com/applications/argocd/shop-dev
`,
  );
});

test.each(['on-stageline-delivery-failed', 'on-stageline-promoted'])(
  '%s sends a template that is there',
  (name) => {
    const [trigger] = parse(data[`trigger.${name}`] ?? '') as { send: string[]; when: string }[];
    expect(trigger?.send.map((template) => `template.${template}` in data)).toEqual([true]);
  },
);
