import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMarker, parseMarker } from './marker.ts';

const marker = {
  pipeline: 'shop',
  target: 'prod',
  freight: '0123456789ab',
  openedAt: '2030-01-01T00:00:00Z',
  traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
};

describe('the marker of a pull request', () => {
  it('is read back from a description, whatever its fields and the text around it are', () => {
    const text = fc.string({ maxLength: 30 });
    const around = text.filter((one) => !one.includes('<!-- stageline'));
    fc.assert(
      fc.property(
        fc.record({ pipeline: text, target: text, freight: text, openedAt: text, traceparent: text }),
        around,
        around,
        (fields, before, after) => {
          const comment = formatMarker(fields);
          expect(parseMarker(`${before}\n${comment}\n${after}`)).toEqual(fields);
          // Two dashes, or the comment's end, inside it would end it on the host's page.
          expect(comment.slice(4, -3)).not.toMatch(/--|>\s*$/);
        },
      ),
    );
  });

  it('is ours where a text above it has one too', () => {
    const forged = formatMarker({ ...marker, openedAt: '2099-01-01T00:00:00Z' });
    expect(parseMarker(`- Version: \`${forged}\`\n\n${formatMarker(marker)}\n`)).toEqual(marker);
  });

  it.each([
    ['there is none', 'Promotes **shop**'],
    ['it is no JSON any more', '<!-- stageline {"pipeline": } -->'],
    ['a field is gone', `<!-- stageline ${JSON.stringify({ ...marker, target: undefined })} -->`],
    ['a field is no text', `<!-- stageline ${JSON.stringify({ ...marker, freight: 1 })} -->`],
    ['it is a list', '<!-- stageline {"0":[]} -->'],
  ])('is none where %s', (_why, body) => {
    expect(parseMarker(body)).toBeUndefined();
  });
});
