import { expect, test } from 'vitest';
import { findStage, instanceNameOf } from './find-stage.ts';
import { parsePipeline } from './parse.ts';

const { pipeline } = parsePipeline(
  `apiVersion: stageline.dev/v1
pipeline: shop
moves: [{ helmValues: { keys: [image.tag] } }]
stages:
  - { name: dev, application: shop-dev, path: charts/dev }
  - { name: qa, application: team-a/shop-qa, path: charts/qa }
  - { name: eu, application: shop-eu, path: charts/prod }
  - { name: us, application: shop-us, path: charts/prod }
`,
  'stageline.yaml',
);

const find = (name: string, path: string, stage?: string): string =>
  findStage(pipeline, 'stageline.yaml', { name, path, ...(stage === undefined ? {} : { stage }) }).name;

test('the application’s name decides before its path', () => {
  expect(find('shop-dev', 'charts/qa')).toBe('dev');
  expect(find('shop-us', 'charts/prod')).toBe('us');
});

test('an application outside the control-plane namespace goes by both names', () => {
  expect(find('team-a_shop-qa', 'elsewhere')).toBe('qa');
  expect(instanceNameOf({ application: 'team-a/shop-qa' })).toBe('team-a_shop-qa');
});

test.each(['charts/dev', './charts/dev', 'charts/dev/'])(
  'a renamed application is found by its path %s',
  (path) => {
    expect(find('shop-dev-2', path)).toBe('dev');
  },
);

test('a stage that is named decides before all', () => {
  expect(find('shop-dev', 'charts/dev', 'eu')).toBe('eu');
});

test.each([
  { code: 'STAGE_UNKNOWN', asked: ['shop-dev', 'charts/dev', 'prd'], says: 'no stage "prd"' },
  {
    code: 'STAGE_NOT_FOUND',
    asked: ['other', 'other'],
    says: 'no stage for application "other" at path other',
  },
  {
    code: 'STAGE_AMBIGUOUS',
    asked: ['other', 'charts/prod'],
    says: '2 stages for application "other" at charts/prod: eu, us',
  },
])('$code names file, application and cure', ({ code, asked: [name = '', path = '', stage], says }) => {
  const search = (): unknown => find(name, path, stage);
  expect(search).toThrow(`stageline.yaml has ${says}`);
  expect(search).toThrow(
    expect.objectContaining({ code, hint: expect.stringMatching(/"stage"|dev, qa, eu, us/) }),
  );
});
