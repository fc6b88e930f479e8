/** Finding the objects that Keptn's resources name: in their own namespace, then in Keptn's. */
import { StagelineError } from '../../errors.ts';
import { describe, type NamedObject } from './objects.ts';
import { isKeptnResource } from './resources.ts';

/** The Keptn objects of a render by kind and name. */
export interface Lookup {
  /** Undefined if no object of the kind has the name. */
  find(kinds: readonly string[], name: string, namespace: string): NamedObject | undefined;
  ofKind(kind: string): NamedObject[];
}

/**
 * Indexes a render. An object of the name in some other namespace does as well, with a note: charts leave out a
 * namespace that Keptn would then have waited for without end. Errors: `KEPTN_DUPLICATE`.
 */
export function makeLookup(
  objects: readonly NamedObject[],
  options: { keptnNamespace: string; note: (text: string) => void },
): Lookup {
  const byKind = new Map<string, NamedObject[]>();
  for (const object of objects) {
    const known = byKind.get(object.kind) ?? [];
    const twin = known.find(({ name, namespace }) => name === object.name && namespace === object.namespace);
    if (twin && isKeptnResource(object)) throw duplicate(object, twin);
    byKind.set(object.kind, [...known, object]);
  }
  return {
    ofKind: (kind) => byKind.get(kind) ?? [],
    find: (kinds, name, namespace) => {
      const named = kinds.flatMap((kind) => byKind.get(kind) ?? []).filter((object) => object.name === name);
      const own = named.find((object) => object.namespace === namespace);
      const found = own ?? named.find((object) => object.namespace === options.keptnNamespace) ?? named[0];
      if (found && found.namespace !== namespace && found.namespace !== options.keptnNamespace)
        options.note(`${describe(found)} is used from namespace ${namespace}`);
      return found;
    },
  };
}

function duplicate(object: NamedObject, twin: NamedObject): StagelineError {
  const hint =
    object.kind === 'KeptnAppContext'
      ? 'An application has one context: merge the two'
      : 'Rename one of them, or take it out';
  return new StagelineError(`${describe(object)}: metadata.name is that of another one, at ${twin.source}`, {
    code: 'KEPTN_DUPLICATE',
    hint,
  });
}
