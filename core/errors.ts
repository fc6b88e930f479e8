/**
 * Errors that a user can meet. Each has a stable `code`, a message that names the thing and the place,
 * and a `hint` that says what to do. They are printed as one line.
 */

/** Who has to act: the author of the files, the installation's admin, or nobody (a passing fault). */
export type Blame = 'input' | 'setup' | 'system';

export interface StagelineErrorOptions {
  code: string;
  /** What to do about it, in the imperative. */
  hint: string;
  blame?: Blame;
  cause?: unknown;
}

export class StagelineError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly blame: Blame;

  constructor(message: string, options: StagelineErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StagelineError';
    this.code = options.code;
    this.hint = options.hint;
    this.blame = options.blame ?? 'input';
  }
}

/** One line for stderr: code, message and cure. Line breaks inside the parts become spaces. */
export function errorLine(error: unknown): string {
  if (error instanceof StagelineError) {
    return oneLine(`stageline: ${error.code}: ${error.message}. ${error.hint}`);
  }
  return oneLine(
    `stageline: INTERNAL: ${messageOf(error)}. This is a defect in Stageline; please report it.`,
  );
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').replace(/\.\.\s/g, '. ');
}
