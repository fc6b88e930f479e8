/** Field errors in the words of apimachinery's `util/validation/field`, and the readers that validation shares. */
import type { FieldError } from './errors.ts';
import { isRecord, valueAt, type JsonRecord } from './json.ts';
import { checkLabelValue, checkQualifiedName } from './names.ts';

export function checkLabels(labels: Readonly<Record<string, string>>, field: string): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...checkQualifiedName(key).map((why) => wrong(field, key, why)),
    ...checkLabelValue(value).map((why) => wrong(field, value, why)),
  ]);
}

export function wrong(field: string, value: string, why: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${JSON.stringify(value)}: ${why}` };
}

export function required(field: string, why: string): FieldError {
  return {
    reason: 'FieldValueRequired',
    field,
    message: why === '' ? 'Required value' : `Required value: ${why}`,
  };
}

export function tooLong(field: string, why: string): FieldError {
  return { reason: 'FieldValueTooLong', field, message: `Too long: ${why}` };
}

export function bytes(text: string): number {
  return Buffer.byteLength(text);
}

export function recordAt(value: unknown, path: readonly string[]): JsonRecord {
  const found = valueAt(value, path);
  return isRecord(found) ? found : {};
}

export function stringsAt(value: unknown, path: readonly string[]): Record<string, string> {
  const entries = Object.entries(recordAt(value, path)).map(([key, entry]) => [key, String(entry)] as const);
  return Object.fromEntries(entries);
}

export function listAt(value: JsonRecord, key: string): JsonRecord[] {
  const list = value[key];
  return Array.isArray(list) ? list.filter(isRecord) : [];
}
