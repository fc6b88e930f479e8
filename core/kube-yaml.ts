/**
 * YAML as Kubernetes and its tools read it (YAML 1.1 as in Go's decoder), where values go from one file into another:
 * `on` and `y` are true, `0644` and `0o644` are octal, `12:30` and `2024-01-01` are texts.
 */
import type { DocumentOptions, SchemaOptions, Tags } from 'yaml';

/** For `parse` and `parseAllDocuments`. */
export const KUBE_YAML: Pick<DocumentOptions, 'version'> & SchemaOptions = {
  version: '1.1',
  customTags: (tags) => withOctal(tags).filter((tag) => typeof tag === 'string' || !isTime(tag)),
};

/** For `stringify`: texts that YAML 1.1 or 1.2 would take for something else are quoted. */
export const KUBE_YAML_TEXT: SchemaOptions & { version: '1.1'; lineWidth: 0 } = {
  version: '1.1',
  lineWidth: 0,
  customTags: withOctal,
};

function withOctal(tags: Tags): Tags {
  return tags.concat('intOct');
}

function isTime(tag: { tag: string; format?: string }): boolean {
  return tag.tag.endsWith(':timestamp') || tag.format === 'TIME';
}
