/**
 * Kubernetes' rules for names, labels, annotations and keys (apimachinery's `util/validation`), in its words.
 * Every function answers the complaints, an empty list when the value is fine.
 */

const label1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain1123 = `${label1123}(\\.${label1123})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'})?`;
const configKey = '[-._a-zA-Z0-9]+';

/** RFC 1123 subdomain, at most 253 bytes: most objects' names. */
export function checkSubdomain(name: string): string[] {
  return [
    ...checkLength(name, 253),
    ...checkPattern(
      name,
      subdomain1123,
      `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain1123}')`,
    ),
  ];
}

/** RFC 1123 label, at most 63 bytes: namespaces, containers, volumes. */
export function checkLabel(name: string): string[] {
  return [
    ...checkLength(name, 63),
    ...checkPattern(
      name,
      label1123,
      `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label1123}')`,
    ),
  ];
}

/** RFC 1035 label, at most 63 bytes: Services. */
export function checkServiceName(name: string): string[] {
  return [
    ...checkLength(name, 63),
    ...checkPattern(
      name,
      label1035,
      `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${label1035}')`,
    ),
  ];
}

/** A path segment: RBAC's names, which may hold capitals and colons. */
export function checkPathSegment(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
}

/** The key of a label or an annotation: an optional DNS prefix of 253 bytes and a name of 63. */
export function checkQualifiedName(key: string): string[] {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.length > 2) {
    return [
      `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedName}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const prefix = parts.length === 2 ? (parts[0] ?? '') : undefined;
  return [
    ...(prefix === '' ? ['prefix part must be non-empty'] : []),
    ...(prefix === undefined || prefix === ''
      ? []
      : checkSubdomain(prefix).map((message) => `prefix part ${message}`)),
    ...(name === '' ? ['name part must be non-empty'] : []),
    ...checkLength(name, 63).map((message) => `name part ${message}`),
    ...checkPattern(
      name,
      qualifiedName,
      `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedName}')`,
    ),
  ];
}

/** A label's value: at most 63 bytes of a small alphabet, or empty. */
export function checkLabelValue(value: string): string[] {
  return [
    ...checkLength(value, 63),
    ...checkPattern(
      value,
      labelValue,
      `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${labelValue}')`,
    ),
  ];
}

/** A key of a ConfigMap or Secret. */
export function checkConfigKey(key: string): string[] {
  if (key === '.' || key === '..') return [`must not be '${key}'`];
  return [
    ...checkLength(key, 253),
    ...checkPattern(
      key,
      configKey,
      `a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '${configKey}')`,
    ),
  ];
}

function checkLength(value: string, bytes: number): string[] {
  return Buffer.byteLength(value) > bytes ? [`must be no more than ${bytes} bytes`] : [];
}

function checkPattern(value: string, pattern: string, message: string): string[] {
  return new RegExp(`^(?:${pattern})$`).test(value) ? [] : [message];
}
