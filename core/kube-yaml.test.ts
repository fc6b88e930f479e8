import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { KUBE_YAML, KUBE_YAML_TEXT } from './kube-yaml.ts';

// What kubectl's decoder makes of them, seen with "kubectl annotate --local -o json".
test.each([
  ['y', true],
  ['on', true],
  ['n', false],
  ['0644', 420],
  ['0o14', 12],
  ['1_000', 1000],
  ['12:30', '12:30'],
  ['2024-01-01', '2024-01-01'],
  ['"0644"', '0644'],
  ['~', null],
])('%s is read as Kubernetes reads it', (text, value) => {
  expect(parse(text, KUBE_YAML)).toEqual(value);
});

test.each(['y', 'on', 'No', '0644', '0o14', '1_000', '12:30', '2024-01-01', '1e3', 'null', '~', '0x1F', '='])(
  'the text %j is a text for readers of YAML 1.1 and 1.2',
  (text) => {
    const written = stringify({ [text]: text }, KUBE_YAML_TEXT);
    expect(parse(written, KUBE_YAML)).toEqual({ [text]: text });
    expect(parse(written)).toEqual({ [text]: text });
  },
);
