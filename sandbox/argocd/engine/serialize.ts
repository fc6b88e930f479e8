/** Two ways to hold back asynchronous work: one at a time, or at most so many at once. */

/** A runner that starts each work only when the one before it has ended. */
export function serialize(): <T>(work: () => Promise<T>) => Promise<T> {
  return limit(1);
}

/** A runner that lets at most `slots` works run at once, in the order they came. */
export function limit(slots: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = slots;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
