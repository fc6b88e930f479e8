/** What an object must read as after its additions: the model that the written text is held to. */
import type { Addition, PlacedAdditions } from './additions.ts';
import type { GoValue } from './go-yaml.ts';

/** The value of a whole document with the additions of its objects; the original is left as it is. */
export function applied(before: GoValue, additions: readonly PlacedAdditions[]): GoValue {
  const copy = deepCopy(before);
  for (const { path, add } of additions) {
    const object = path.reduce<GoValue | undefined>((value, index) => {
      const items = value instanceof Map ? value.get('items') : undefined;
      return Array.isArray(items) ? items[index] : undefined;
    }, copy);
    if (object instanceof Map) for (const addition of add) set(object, addition);
  }
  return copy;
}

function deepCopy(value: GoValue): GoValue {
  if (Array.isArray(value)) return value.map(deepCopy);
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [key, deepCopy(member)]));
  return value;
}

function set(object: Map<string, GoValue>, addition: Addition): void {
  let holder: GoValue = object;
  addition.path.slice(0, -1).forEach((part, depth) => {
    const inner: GoValue | undefined = member(holder, part);
    if (inner instanceof Map || Array.isArray(inner)) holder = inner;
    else {
      const made: GoValue = new Map<string, GoValue>();
      if (holder instanceof Map) holder.set(String(addition.path[depth]), made);
      holder = made;
    }
  });
  const last = addition.path.at(-1);
  if (addition.prepend) {
    const list = member(holder, last ?? '');
    if (Array.isArray(list)) list.unshift(addition.value);
    else if (holder instanceof Map) holder.set(String(last), [addition.value]);
  } else if (holder instanceof Map) holder.set(String(last), addition.value);
}

function member(holder: GoValue, part: string | number): GoValue | undefined {
  if (holder instanceof Map) return holder.get(String(part));
  return Array.isArray(holder) ? holder[Number(part)] : undefined;
}
