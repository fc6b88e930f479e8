/** Applications that an ApplicationSet makes, as far as the repository alone tells: those of list generators. */
import { isRecord, listOf, recordOf } from '../sources/kustomization.ts';

/** `{{ .stage }}`, `{{ .cluster.name }}`, and without Go templates `{{stage}}`. */
const PLACEHOLDER = /\{\{-?\s*\.?([\w.-]+?)\s*-?\}\}/g;

/**
 * The Applications, or undefined if one of the generators is not a list, or the template calls functions: what comes
 * out then depends on clusters and other repositories.
 */
export function applicationsOfSet(object: Record<string, unknown>): Record<string, unknown>[] | undefined {
  const spec = recordOf(object['spec']);
  const applications: unknown[] = [];
  for (const generator of listOf(spec['generators'])) {
    const { list, ...others } = recordOf(generator);
    if (!isRecord(list) || Object.keys(others).length > 0 || list['elementsYaml'] !== undefined)
      return undefined;
    const template = merged(list['template'], spec['template']);
    const elements = listOf(list['elements']).filter(isRecord);
    applications.push(...elements.map((element) => filledIn(template, element)));
  }
  if (spec['templatePatch'] !== undefined || JSON.stringify(applications).includes('{{')) return undefined;
  return applications.filter(isRecord).map((application) => ({ ...application, kind: 'Application' }));
}

/** Whether a generator brings a template of its own, which goes over the set's. */
export function hasOwnTemplates(object: Record<string, unknown>): boolean {
  return JSON.stringify(listOf(recordOf(object['spec'])['generators'])).includes('"template":');
}

/** A generator's template over the set's, as Argo CD merges them: what is empty in the first comes from the second. */
function merged(over: unknown, base: unknown): unknown {
  if (isRecord(over) && isRecord(base)) {
    const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
    return Object.fromEntries([...keys].map((key) => [key, merged(over[key], base[key])]));
  }
  const isEmpty = Array.isArray(over) ? over.length === 0 : isRecord(over) ? false : !over;
  return isEmpty ? base : over;
}

/** The template with the values of an element; a placeholder that the element has no text for is left standing. */
function filledIn(template: unknown, element: Record<string, unknown>): unknown {
  if (typeof template === 'string') {
    return template.replace(PLACEHOLDER, (whole, path: string) => {
      const value = path.split('.').reduce<unknown>((inner, part) => recordOf(inner)[part], element);
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? String(value)
        : whole;
    });
  }
  if (Array.isArray(template)) return template.map((item) => filledIn(item, element));
  if (!isRecord(template)) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, filledIn(value, element)]));
}
