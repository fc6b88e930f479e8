import { expect, test } from 'vitest';
import { hookResources } from './resources.ts';

test.each([
  ['nothing', undefined, { cpu: '50m', memory: '96Mi' }, { memory: '512Mi' }],
  ['a request above our limit', { requests: { memory: '1Gi' } }, { memory: '1Gi' }, { memory: '1Gi' }],
  ['a request below our limit', { requests: { memory: '0.4G' } }, { memory: '0.4G' }, { memory: '512Mi' }],
  [
    'limits below our requests',
    { limits: { memory: '64Mi', cpu: '20m' } },
    { cpu: '20m', memory: '64Mi' },
    { memory: '64Mi', cpu: '20m' },
  ],
  ['limits above our requests', { limits: { cpu: '1' } }, { cpu: '50m', memory: '96Mi' }, { cpu: '1' }],
  ['both', { requests: { cpu: '0.7' }, limits: { cpu: '700m' } }, { cpu: '0.7' }, { cpu: '700m' }],
])('with %s given, no request is above its limit', (_what, given, requests, limits) => {
  expect(hookResources(given)).toEqual({ requests, limits });
});

test.each([
  [{ requests: { memory: 'lots' } }, 'hooks.resources.requests.memory in the pipeline file is "lots"'],
  [{ limits: { memory: '-1' } }, 'hooks.resources.limits.memory in the pipeline file is "-1"'],
  [{ requests: { cpu: '2' }, limits: { cpu: '1500m' } }, 'requests 2 of cpu, more than its limit 1500m'],
])('%j is refused', (given, message) => {
  expect(() => hookResources(given)).toThrow(message);
});
