import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256 } from './sha256.ts';

test('gives the hash that Node gives, at every length around the ends of blocks and beyond ASCII', () => {
  const texts = Array.from({ length: 200 }, (_, length) => 'é✓a'.repeat(length).slice(0, length));
  for (const text of texts) expect(sha256(text)).toBe(createHash('sha256').update(text).digest('hex'));
});
