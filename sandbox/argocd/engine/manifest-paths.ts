/** `argocd.argoproj.io/manifest-generate-paths`: which changed files concern an application. */
import { posix } from 'node:path';

/**
 * Whether any changed file lies under one of the annotation's paths (`;`-separated; relative to the source
 * path, or to the repository root with a leading `/`; `*` and `?` within one path segment).
 */
export function changedFilesTouch(files: string[], annotation: string, sourcePath: string): boolean {
  const patterns = annotation
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('/') ? posix.normalize(part.slice(1)) : posix.join(sourcePath, part)));
  return files.some((file) => patterns.some((pattern) => covers(pattern, file)));
}

function covers(pattern: string, file: string): boolean {
  const base = pattern.replace(/\/+$/, '');
  if (base === '.' || base === '') return true;
  return file === base || file.startsWith(`${base}/`) || globOf(base).test(file);
}

function globOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${source}$`);
}
