import { describe, expect, it } from 'vitest';
import { findingOf, runsSince } from './dispatch-marker.ts';

const MARKER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const OTHER = '00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const QUERY = { workflow: 'promote.yaml', ref: 'main', marker: MARKER, since: '2026-03-01T10:00:00.500Z' };

function run(id: number, title: string, at: string | undefined = '2026-03-01T10:00:05Z') {
  return { id, url: `https://git.example/runs/${id}`, title, at };
}

describe('the run of a dispatch', () => {
  it('is known by the trace and span ids in its title, whatever flags they carry', () => {
    const title = 'Promote 0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331';
    expect(findingOf(QUERY, [run(1, `Promote ${OTHER}`), run(2, title)])).toMatchObject({
      found: 'yes',
      run: { id: 2 },
    });
  });

  it('is none if all others are other promotions’, or older', () => {
    const runs = [run(1, `Promote ${OTHER}`), run(2, 'Promote', '2026-03-01T09:58:00Z')];
    expect(findingOf(QUERY, runs)).toEqual({ found: 'no' });
  });

  it('is unclear if one without a marker began since, or at a time that nobody tells', () => {
    expect(findingOf(QUERY, [run(1, 'Promote')])).toMatchObject({ found: 'unclear', runs: [{ id: 1 }] });
    const untimed = { ...run(2, 'Promote'), at: undefined };
    expect(findingOf(QUERY, [untimed])).toMatchObject({ found: 'unclear', runs: [{ id: 2 }] });
  });

  it('is looked for from a minute before, since clocks differ', () => {
    expect(runsSince(QUERY)).toBe('2026-03-01T09:59:00Z');
  });
});
