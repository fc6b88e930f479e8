import { describe, expect, it } from 'vitest';
import { parseSlo } from './slo.ts';

const SLO = `spec_version: "1.0"
comparison:
  compare_with: several_results
  include_result_with_score: pass_or_warn
  aggregate_function: p90
objectives:
  -
  - sli: response_time_p95
    key_sli: true
    weight: 2
    pass:
      - criteria: ["<=+10%", "<600"]
      - criteria: ["=0"]
    warning:
      - criteria: ["<=800"]
  - sli: throughput
    weight: 0
total_score:
  pass: "90%"
  warning: 75%
`;

describe('parseSlo', () => {
  it('reads objectives, comparison and total score', () => {
    const slo = parseSlo(SLO, 'slo.yaml');
    expect(slo.comparison).toEqual({ deliveries: 3, include: 'pass-or-warning', aggregate: 'p90' });
    expect(slo.total).toEqual({ pass: 90, warning: 75 });
    expect(slo.objectives.map(({ name, weight, key, pass }) => [name, weight, key, pass.length])).toEqual([
      ['response_time_p95', 2, true, 2],
      ['throughput', 1, false, 0],
    ]);
  });

  it('compares with one earlier result unless told otherwise', () => {
    const text = 'objectives: [{ sli: a }]\ntotal_score: { pass: "90%" }\n';
    expect(parseSlo(text, 's')).toMatchObject({
      comparison: { deliveries: 1, include: 'all', aggregate: 'avg' },
      total: { pass: 90, warning: 90 },
    });
    const single = `comparison: { compare_with: single_result, number_of_comparison_results: 9 }\n${text}`;
    expect(parseSlo(single, 's').comparison.deliveries).toBe(1);
  });

  it.each([
    ['objectives: []\ntotal_score: { pass: "90%" }\n', 'has no objectives'],
    ['objectives: [{ sli: a }]\n', 'total_score.pass is missing'],
    ['objectives: [{ sli: a }]\ntotal_score: { pass: "most" }\n', 'total_score.pass is "most"'],
    [
      'objectives: [{ sli: a, pass: [{ criteria: ["quick"] }] }]\ntotal_score: { pass: "1%" }\n',
      'objective a: "quick" is no criterion',
    ],
    [
      'objectives: [{ sli: a, warning: [{ criteria: ["quick"] }] }]\ntotal_score: { pass: "1%" }\n',
      '"quick" is no criterion',
    ],
    ['comparison: { aggregate_function: max }\nobjectives: [{ sli: a }]\n', 'comparison.aggregate_function'],
    ['a: 1\na: 2\n', 'unique'],
  ])('refuses %j, naming the file', (text, problem) => {
    expect(() => parseSlo(text, 'dev/slo.yaml')).toThrow(new RegExp(`^dev/slo.yaml: .*${problem}`));
  });
});
