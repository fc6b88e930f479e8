/** Whether an element is in sight: what costs requests waits for that. */
import * as React from 'react';

/** A ref for the element, and whether it is or was in sight since it was drawn. */
export function useInSight<E extends Element>(): [React.RefObject<E | null>, boolean] {
  const ref = React.useRef<E>(null);
  const [inSight, setInSight] = React.useState(false);
  React.useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    if (typeof IntersectionObserver === 'undefined') {
      setInSight(true);
      return undefined;
    }
    const observer = new IntersectionObserver((entries) =>
      setInSight(entries.some((entry) => entry.isIntersecting)),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, inSight];
}
