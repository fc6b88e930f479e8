/** YAML that real charts have and that parsing and printing would change, or that a line scanner might misread. */

export interface Hazard {
  title: string;
  manifest: string;
  /** `kept`: injected, read the same. `rejected`: Kubernetes rejects it and must go on to. `refused`: an error of ours. */
  outcome: 'kept' | 'rejected' | 'refused';
}

const HEAD = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: hazard\n';

function kept(title: string, manifest: string): Hazard {
  return { title, manifest, outcome: 'kept' };
}

function rejected(title: string, manifest: string): Hazard {
  return { title, manifest, outcome: 'rejected' };
}

/** Values below the head, so that only the value is unusual. */
function value(title: string, text: string): Hazard {
  return kept(title, `${HEAD}data:\n  value: ${text}\n`);
}

export const HAZARDS: readonly Hazard[] = [
  value('quoted texts that look like booleans', '{a: "yes", d: "y", p: "NO"}'),
  kept('a quoted key that looks like a boolean', `${HEAD}data:\n  "on": x\n`),
  value('quoted texts that look like numbers', '{e: "1_000", g: "0b1"}'),
  kept('keys that are booleans', `${HEAD}spec:\n  on: push\n  yes: 1\n`),
  value('bare booleans of YAML 1.1', '{a: yes, b: off}'),
  value('an octal mode', '0644'),
  value('an integer beyond 2^53', '9007199254740993'),
  value('binary digits and underscores', '[0b101, 1_000]'),
  value('a date', '2024-01-02'),
  value('a text that looks like a sexagesimal number', '12:30:45'),
  kept('a merge key in the body', `${HEAD}base: &b {a: 1}\nspec:\n  <<: *b\n`),
  kept(
    'a merge key in metadata that brings annotations',
    'apiVersion: v1\nkind: ConfigMap\nbase: &b\n  annotations: {a: "x"}\nmetadata:\n  <<: *b\n  name: hazard\n',
  ),
  kept('a merge key among the annotations', `${HEAD}  annotations:\n    b: "y"\n    <<: {a: "x"}\n`),
  value('a binary tag', '!!binary aGVsbG8='),
  value('an unknown tag', '!x abc'),
  kept('duplicate keys', `${HEAD}data:\n  a: "1"\n  a: "2"\n`),
  kept('duplicate metadata', `metadata:\n  name: first\n${HEAD}`),
  kept('duplicate annotations', `${HEAD}  annotations: {a: "x"}\n  annotations:\n    b: "y"\n`),
  kept(
    'metadata that an alias repeats in the pod template',
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: &m\n  name: hazard\n  labels: {a: b}\nspec:\n  template:\n    metadata: *m\n',
  ),
  kept(
    'annotations that an alias repeats',
    `${HEAD}  annotations: &a\n    x: "y"\nspec:\n  template:\n    metadata:\n      annotations: *a\n`,
  ),
  kept(
    'annotations that are an alias',
    'apiVersion: v1\nkind: ConfigMap\nspec: &a {x: "y"}\nmetadata:\n  name: hazard\n  annotations: *a\n',
  ),
  kept('annotations without a value', `${HEAD}  annotations:\n`),
  kept('annotations that are null', `${HEAD}  annotations: null\n`),
  kept('annotations in braces', `${HEAD}  annotations: {a: "x"}\n`),
  kept('annotations in empty braces with a comment', `${HEAD}  annotations: {} # none\n`),
  kept('a document of comments only, before one that is not', `# nothing\n---\n${HEAD}`),
  kept('an empty document', `---\n---\n${HEAD}`),
  kept('braces that close at the margin', `${HEAD}spec: {\n"a": 1\n}\n`),
  kept('a manifest in braces', '{apiVersion: v1, kind: ConfigMap, metadata: {name: hazard}}\n'),
  kept(
    'a JSON manifest',
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"hazard"},"data":{"a":"\\u00e9"}}\n',
  ),
  kept('CRLF line ends', `${HEAD}data:\n  a: |\n    x\n    y\n`.replace(/\n/g, '\r\n')),
  kept('a byte order mark', `\ufeff${HEAD}`),
  kept('trailing spaces', HEAD.replace(/\n/g, '  \n')),
  kept('kept line ends', `${HEAD}data:\n  a: |+\n    x\n\n\n`),
  kept('an indentation indicator', `${HEAD}data:\n  a: |2\n      x\n    y\n`),
  value('a very long line', `"${'x'.repeat(20_000)}"`),
  value('floats with exponents', '[1e3, 1.5E-7, .5, 1.]'),
  value('a number that is no octal', '08'),
  kept('a tab after a colon', `${HEAD}data:\n  a:\tx\n`),
  kept(
    'a quoted name that goes on at the indent of keys',
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n    a: "x\n  annotations:\n    b: y"\n  name: hazard\n',
  ),
  kept(
    'a quoted text that goes on at the margin and looks like metadata',
    'apiVersion: v1\nkind: ConfigMap\nspec: "x\nmetadata:\n  name: fake"\nmetadata:\n  name: hazard\n',
  ),
  kept(
    'a block text that looks like metadata',
    `${HEAD}data:\n  a: |\n    metadata:\n      annotations: {}\n`,
  ),
  kept('metadata that is not the first key', `spec: {}\n${HEAD}`),
  kept(
    'metadata with a comment below it',
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n# a note\n\n    # deeper\n    name: hazard\n',
  ),
  kept('metadata with a quoted key', 'apiVersion: v1\nkind: ConfigMap\n"metadata":\n  name: hazard\n'),
  kept('an explicit key', 'apiVersion: v1\nkind: ConfigMap\n? metadata\n: name: hazard\n'),
  kept('an indented manifest', HEAD.replace(/^/gm, '   ').replace(/ +$/, '')),
  kept('an annotation of ours that is there', `${HEAD}  annotations:\n    stageline.dev/commit-id: old\n`),
  kept('an object that opts out', `${HEAD}  annotations:\n    stageline.dev/inject: disabled\n`),
  kept(
    'a list',
    `apiVersion: v1\nkind: List\nmetadata: {}\nitems:\n- ${HEAD.trimEnd().replace(/\n/g, '\n  ')}\n- {apiVersion: v1, kind: Secret, metadata: {name: two}}\n`,
  ),
  kept('a literal template in a value', `${HEAD}data:\n  query: 'rate({{.workload}}[5m])'\n`),
  kept('a null pod annotation', `${HEAD}spec:\n  template:\n    annotation:\n`),
  kept('a document end', `${HEAD}...\n`),
  kept('a line break of Unicode in a quoted text', `${HEAD}data:\n  a: "x\u2028y"\n`),
  kept('characters beyond the 16-bit plane', `${HEAD}data:\n  a: "\u{1f600}"\n`),
  kept('a comment after a separator', `--- # first\n${HEAD}`),
  rejected('a tab as indent', `${HEAD}data:\n\ta: x\n`),
  rejected('a line that is only a tab', `${HEAD}data:\n  a: x\n\t\n  b: y\n`),
  rejected('a YAML directive', `%YAML 1.1\n---\n${HEAD}`),
  rejected('infinity', `${HEAD}data:\n  a: .inf\n`),
  rejected('a raw DEL', `${HEAD}data:\n  a: "\u007f"\n`),
  rejected('text after a separator', `${HEAD}--- text\n`),
  rejected('a null key', `${HEAD}data:\n  ~: x\n`),
  rejected('an alias without an anchor', `${HEAD}data: *nobody\n`),
  {
    title: 'nothing of a document that must be written anew and holds a Unicode line break',
    manifest: `apiVersion: v1\nkind: ConfigMap\nmetadata: &m\n  name: hazard\nspec: *m\ndata: {a: x\u2028}\n`,
    outcome: 'refused',
  },
];
