/** Git's fast-import: a commit of any number of files from one process, and only the folders on the way are read. */
import { git, type GitOptions } from '../../runtime/git.ts';

export interface ImportedCommit {
  /** Without one the commit is the first of its own history. */
  parent?: string;
  files: ReadonlyMap<string, { mode: string; bytes: Buffer }>;
  message: string;
  author: { name: string; email: string };
  /** RFC 3339. */
  date: string;
}

/** The id of the commit, which no ref of ours has to keep. Errors: `GIT_FAILED`. */
export async function importCommit(commit: ImportedCommit, settings: GitOptions): Promise<string> {
  const { author, date, parent } = commit;
  const seconds = Math.floor(Date.parse(date) / 1000);
  const who = `${plain(author.name)} <${plain(author.email)}> ${seconds} +0000`;
  const parts: (string | Buffer)[] = [
    'commit refs/stageline/made\nmark :1\n',
    `author ${who}\ncommitter ${who}\n`,
    ...data(Buffer.from(commit.message, 'utf8')),
    ...(parent === undefined ? [] : [`from ${parent}\n`]),
  ];
  for (const [path, { mode, bytes }] of commit.files) {
    parts.push(`M ${mode} inline ${quoted(path)}\n`, ...data(bytes));
  }
  parts.push('\nget-mark :1\n');
  const input = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : part)),
  );
  return (await git(['fast-import', '--quiet', '--force'], { ...settings, input })).trim();
}

function data(bytes: Buffer): (string | Buffer)[] {
  return [`data ${bytes.length}\n`, bytes, '\n'];
}

function quoted(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** Neither ends the line nor the name. */
function plain(text: string): string {
  return text.replace(/[<>\r\n\0]/g, '');
}
