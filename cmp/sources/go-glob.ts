/** Globs of Argo CD's directory sources (gobwas/glob without separators) as regular expressions. */

/**
 * `*` and `?` take any character, slashes and leading dots among them; `[a-z]`, `[!a]`, `{one,{two,three}*}` and
 * escapes by a backslash are as usual. Undefined for a pattern that cannot be read.
 */
export function goGlob(pattern: string): RegExp | undefined {
  let source = '';
  let depth = 0;
  let at = 0;
  while (at < pattern.length) {
    const char = pattern.charAt(at);
    at += 1;
    if (char === '*') source += '.*';
    else if (char === '?') source += '.';
    else if (char === '{') {
      depth += 1;
      source += '(?:';
    } else if (char === '}' && depth > 0) {
      depth -= 1;
      source += ')';
    } else if (char === ',' && depth > 0) source += '|';
    else if (char === '[') {
      const end = pattern.indexOf(']', at + 1);
      if (end < 0) return undefined;
      source += characterClass(pattern.slice(at, end));
      at = end + 1;
    } else {
      const literal = char === '\\' ? pattern.charAt(at) : char;
      if (char === '\\') at += 1;
      source += literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    }
  }
  try {
    return depth === 0 ? new RegExp(`^${source}$`, 'su') : undefined;
  } catch {
    // A range from z to a.
    return undefined;
  }
}

function characterClass(body: string): string {
  const isNegated = body.startsWith('!');
  const characters = (isNegated ? body.slice(1) : body).replace(/[\\[\]^]/g, '\\$&');
  return `[${isNegated ? '^' : ''}${characters}]`;
}
