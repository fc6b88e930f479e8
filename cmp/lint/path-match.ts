/** Patterns of Go's filepath.Match, by which Argo CD compares changed files with `manifest-generate-paths`. */

/**
 * `*` and `?` stop at a slash and take leading dots; `**` says no more than `*`. `[a-z]`, `[^a]` and escapes by a
 * backslash are as usual. Undefined for a pattern that Go refuses, which matches nothing.
 */
export function pathMatch(pattern: string): RegExp | undefined {
  let source = '';
  let rest = pattern;
  while (rest !== '') {
    const part = /^(?:\*+|\?|\[(\^?)((?:(?:\\.|[^\]\\-])(?:-(?:\\.|[^\]\\-]))?)+)\]|\\(.)|([^[\\]))/su.exec(
      rest,
    );
    if (part === null) return undefined;
    const [whole, negation = '', ranges, escaped, plain] = part;
    if (whole.startsWith('*')) source += '[^/]*';
    else if (whole === '?') source += '[^/]';
    else if (ranges !== undefined) source += `[${negation}${characterClass(ranges)}]`;
    else source += (escaped ?? plain ?? '').replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
    rest = rest.slice(whole.length);
  }
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch {
    // A range from z to a, which takes nothing.
    return undefined;
  }
}

/** Bare dashes are those of ranges; everything else that means something to a regular expression is escaped. */
function characterClass(ranges: string): string {
  return ranges.replace(/\\(.)|[\^[\]]/gsu, (whole, escaped: string | undefined) => {
    const character = escaped ?? whole;
    return /[\\^\-[\]]/.test(character) ? `\\${character}` : character;
  });
}
