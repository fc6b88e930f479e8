/** What a plugin may print, and what Argo CD makes of it. */
import { describe, expect, it } from 'vitest';
import { decodeManifests } from './manifest-stream.ts';

const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';

describe('decoding manifests', () => {
  it('reads many YAML documents and skips empty ones', () => {
    const text = `# only a comment\n---\n${CONFIG_MAP}---\n---\nnull\n---\n${CONFIG_MAP.replace('a}', 'b}')}`;
    expect(decodeManifests(text).map((object) => object.metadata.name)).toEqual(['a', 'b']);
    expect(decodeManifests('')).toEqual([]);
  });

  it('reads JSON objects one after the other, and YAML in flow style', () => {
    const json = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"}{"}}';
    expect(decodeManifests(`${json}\n${json}`)).toHaveLength(2);
    expect(decodeManifests('{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}')).toHaveLength(1);
  });

  it('flattens lists by one level', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }],
    };
    expect(decodeManifests(JSON.stringify(list))).toMatchObject([
      { kind: 'Secret', metadata: { name: 's' } },
    ]);
  });

  it('reads scalars as Kubernetes’ decoder does', () => {
    const text = `${CONFIG_MAP}data:\n  mode: 0644\n  on: yes\n  date: 2001-12-14\n  clock: 1:30\n  text: "no"\n`;
    expect(decodeManifests(text)[0]?.['data']).toEqual({
      mode: 0o644,
      true: true,
      date: '2001-12-14',
      clock: '1:30',
      text: 'no',
    });
  });

  it('lets the last of two equal keys win, and follows anchors and merges', () => {
    const text =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nbase: &b {x: 1}\ndata:\n  <<: *b\n  z: 2\n  z: 3\n';
    expect(decodeManifests(text)[0]?.['data']).toEqual({ x: 1, z: 3 });
  });

  it('refuses what is no object, or has no kind', () => {
    expect(() => decodeManifests('[1, 2]')).toThrow('not an object');
    expect(() => decodeManifests('metadata: {name: a}')).toThrow("Object 'Kind' is missing");
    expect(() => decodeManifests('a: [')).toThrow('Failed to unmarshal manifest');
  });
});
