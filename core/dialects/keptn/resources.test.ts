import { describe, expect, test } from 'vitest';
import { nameObject } from './objects.ts';
import { groupsLeftOut, isLeftOut } from './resources.ts';
import { deployment, lifecycle, metrics, objectsOf } from './testing.ts';

const LIFECYCLE = 'lifecycle.keptn.sh';
const METRICS = 'metrics.keptn.sh';
const CLUSTER = 'v1,apps/v1,apps/v1/Deployment';
const BOTH = `${CLUSTER},${LIFECYCLE}/v1,${LIFECYCLE}/v1/KeptnApp,${METRICS}/v1`;

const delivered =
  lifecycle('KeptnAppContext', 'simple-go', '{}') +
  metrics('KeptnMetric', 'm', '{}') +
  deployment('simple-go');
const shared = lifecycle('KeptnTaskDefinition', 'a', '{}') + metrics('KeptnMetric', 'm', '{}');
const crd = `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: keptnmetrics.metrics.keptn.sh }
spec: { group: metrics.keptn.sh }
`;

function leftOut(stream: string, apiVersions: string, coexist = false): string[] {
  const objects = objectsOf(stream).flatMap((object) => nameObject(object, 'default') ?? []);
  return groupsLeftOut(objects, { apiVersions, coexist });
}

describe('groups that are left out', () => {
  test.each([
    {
      what: 'all that the cluster does not serve',
      stream: delivered,
      api: CLUSTER,
      coexist: false,
      out: [LIFECYCLE, METRICS],
    },
    {
      what: 'also if coexistence is asked for',
      stream: delivered,
      api: CLUSTER,
      coexist: true,
      out: [LIFECYCLE, METRICS],
    },
    {
      what: 'none that it serves if coexistence is asked for',
      stream: delivered,
      api: BOTH,
      coexist: true,
      out: [],
    },
    {
      what: 'what would be carried out twice, but not metrics, if it serves both',
      stream: delivered,
      api: BOTH,
      coexist: false,
      out: [LIFECYCLE],
    },
    {
      what: 'none of a chart that is no delivery and whose groups are served',
      stream: shared,
      api: BOTH,
      coexist: false,
      out: [],
    },
    {
      what: 'none whose definition the render brings',
      stream: delivered + crd,
      api: CLUSTER,
      coexist: false,
      out: [LIFECYCLE],
    },
    {
      what: 'all where nothing is known of the cluster',
      stream: delivered,
      api: '',
      coexist: false,
      out: [LIFECYCLE, METRICS],
    },
    {
      what: 'none where nothing is known of it and coexistence is asked for',
      stream: delivered,
      api: '',
      coexist: true,
      out: [],
    },
    {
      what: 'none without objects of Keptn',
      stream: deployment('simple-go'),
      api: CLUSTER,
      coexist: false,
      out: [],
    },
  ])('are $what', ({ stream, api, coexist, out }) => {
    expect(leftOut(stream, api, coexist)).toEqual(out);
  });

  test('take their objects along, and no others', () => {
    const out = objectsOf(delivered).map(({ object }) => [object['kind'], isLeftOut(object, [LIFECYCLE])]);
    expect(out).toEqual([
      ['KeptnAppContext', true],
      ['KeptnMetric', false],
      ['Deployment', false],
    ]);
    expect(isLeftOut({ apiVersion: 'lifecycle.keptn.sh.example.com/v1', kind: 'X' }, [LIFECYCLE])).toBe(
      false,
    );
  });
});
