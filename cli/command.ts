/** What a command of `stageline` is. */
export interface Command {
  /** As typed; two words for a command of a group. */
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** Usage and options, shown by `--help`. */
  help: string;
  /** Runs it and gives the exit code. Throws StagelineError for what a user can mend. */
  run(args: string[], io: CommandIo): Promise<number>;
}

/** Where a command reads and writes, so that tests need no process. */
export interface CommandIo {
  cwd: string;
  env: NodeJS.ProcessEnv;
  stdout: (text: string) => void;
  stderr: (text: string) => void;
  /** Whether stdout takes colours. */
  colour: boolean;
}
