/** Quoted text for JSON and YAML at once. */

/**
 * A JSON string that a YAML 1.1 reader takes too: in ASCII, but for characters beyond the 16-bit plane, whose escapes
 * go-yaml does not read. Lone surrogates, which no encoding can carry, become U+FFFD.
 */
export function jsonText(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(/[\u007f-\uffff]/g, (character) => {
    const code = character.charCodeAt(0);
    return code >= 0xd800 && code <= 0xdfff ? character : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
