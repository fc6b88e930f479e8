/** `/extensions.js`: every extension file in a `try{}` of its own, in the order of their names, read anew each time. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/** The script; a file that cannot be read is left out and said so in the page's console. */
export async function extensionsScript(files: string[]): Promise<string> {
  const ordered = [...files].sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
  const parts = await Promise.all(ordered.map(wrapped));
  return parts.join('\n');
}

async function wrapped(file: string): Promise<string> {
  const name = JSON.stringify(basename(file));
  try {
    const source = await readFile(file, 'utf8');
    return `try {\n${source}\n} catch (error) { console.error('extension ' + ${name} + ' failed', error); }`;
  } catch {
    // A bundle that is not built yet must not take the others down.
    return `console.error('extension ' + ${name} + ' cannot be read');`;
  }
}
