import { expect, it } from 'vitest';
import { missingReviewers } from './request-reviewers.ts';

const wanted = { users: ['alice', 'Bob', 'carol'], teams: ['ops'] };

it.each([
  ['nobody was asked', { users: [], teams: [] }, [], wanted],
  ['some were asked', { users: ['ALICE'], teams: ['ops'] }, [], { users: ['Bob', 'carol'], teams: [] }],
  ['one has reviewed', { users: ['carol'], teams: [] }, ['bob'], { users: ['alice'], teams: [] }],
])('asks who is still to be asked where %s', (_when, asked, reviewed, expected) => {
  expect(missingReviewers(wanted, { asked, reviewed })).toEqual(expected);
});
