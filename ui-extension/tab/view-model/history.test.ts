import { expect, test } from 'vitest';
import { historyLines, planOf, promoted, Story } from '../testing/ledgers.ts';
import { historyLength, historyPage, PAGE_SIZE } from './history.ts';

const START = Date.UTC(2030, 0, 1);

function ledgerWith(deliveries: number, lines: number): Story['ledger'] {
  const story = new Story('dev', START);
  for (let index = 0; index < deliveries; index += 1)
    promoted(story, planOf({ stage: 'dev', version: `v${index}` }), { at: index * 1000 });
  return { ...story.ledger, history: historyLines(lines, START) };
}

test('the pages of the history hold each delivery once, whole ones first', () => {
  const ledger = ledgerWith(13, 12);
  const pages = [0, 1, 2].map((page) => historyPage(ledger, '', page));
  expect(historyLength(ledger)).toBe(25);
  expect(pages.map(({ rows, pages: all }) => [rows.length, all])).toEqual([
    [PAGE_SIZE, 3],
    [PAGE_SIZE, 3],
    [5, 3],
  ]);
  const ids = pages.flatMap(({ rows }) => rows.map(({ id }) => id));
  expect(ids).toEqual([...ledger.deliveries, ...ledger.history].map(({ id }) => id));
  expect(pages.flatMap(({ rows }) => rows.map(({ whole }) => whole)).lastIndexOf(true)).toBe(12);
});

test('a page that is no longer there is the last one, and an empty history has one', () => {
  expect(historyPage(ledgerWith(1, 0), '', 7)).toMatchObject({ page: 0, pages: 1 });
  expect(historyPage(ledgerWith(0, 0), '', 0)).toMatchObject({ rows: [], page: 0, pages: 1 });
});
