/** What a lint finds: each problem with its place and cure, and none that hides the others. */
import { isAbsolute, relative, sep } from 'node:path';
import { messageOf, StagelineError } from '../../core/errors.ts';
import { isInside } from '../place.ts';

export interface LintProblem {
  /** A note says what was left out, and is nothing to mend. */
  severity: 'error' | 'warning' | 'note';
  code: string;
  /** Repository-relative; the best place to look at. */
  file: string;
  /** Counted from 1, where it is known. */
  line: number | undefined;
  message: string;
  hint: string;
}

/** Where to look for what an error does not place itself. */
export interface Whereabouts {
  file: string;
  line?: number | undefined;
  severity: LintProblem['severity'];
  /** The application's folder, if it is about one. */
  path?: string;
}

export class Findings {
  readonly #root: string;
  readonly #problems: LintProblem[] = [];
  /** Folders with the name of a file: Node does not say which one it was. */
  readonly #oddFolders: string[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  /** In the order of finding. A wrong pipeline file shows up with each Application that it is for, but once here. */
  get problems(): LintProblem[] {
    return [...new Map(this.#problems.map((problem) => [JSON.stringify(problem), problem])).values()];
  }

  add(problem: LintProblem): void {
    this.#problems.push(problem);
  }

  noteFolder(path: string): void {
    if (/\.(?:ya?ml|json|tgz|lock)$/.test(path)) this.#oddFolders.push(path);
  }

  /** What `action` gives; undefined if it fails, which is then a finding. */
  attempt<T>(place: Whereabouts, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.addError(error, place);
      return undefined;
    }
  }

  addError(error: unknown, place: Whereabouts): void {
    this.add(error instanceof StagelineError ? ownProblem(error, place) : this.#foreignProblem(error, place));
  }

  #foreignProblem(error: unknown, place: Whereabouts): LintProblem {
    const base = { severity: place.severity, line: undefined };
    if (!isSystemError(error)) {
      return {
        ...base,
        code: 'INTERNAL',
        file: place.file,
        message: messageOf(error),
        hint: 'This is a defect in Stageline; please report it',
      };
    }
    const named = error.path === undefined ? undefined : this.#inRepository(error.path);
    const file = named ?? (error.code === 'EISDIR' ? this.#oddFolder(place.path) : undefined) ?? place.file;
    const what = error.code === 'EISDIR' ? 'is a folder, and is read as a file' : 'cannot be read';
    return {
      ...base,
      code: 'FILE_UNREADABLE',
      file,
      message: `${file} ${what}: ${error.message}`,
      hint: 'Put a readable file there, or take it away',
    };
  }

  #inRepository(path: string): string | undefined {
    if (!isAbsolute(path) || !isInside(this.#root, path)) return undefined;
    return relative(this.#root, path).split(sep).join('/') || '.';
  }

  /** The folder of a file's name that the application most probably reads. */
  #oddFolder(application: string | undefined): string | undefined {
    const own = this.#oddFolders.find((folder) => application && folder.startsWith(`${application}/`));
    return own ?? this.#oddFolders[0];
  }
}

function ownProblem(error: StagelineError, place: Whereabouts): LintProblem {
  const where = /^(\S+?):(\d+): /.exec(error.message);
  return {
    severity: place.severity,
    code: error.code,
    file: where?.[1] ?? place.file,
    line: where?.[2] === undefined ? place.line : Number(where[2]),
    message: error.message,
    hint: error.hint,
  };
}

function isSystemError(error: unknown): error is Error & { code: string; path?: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}
