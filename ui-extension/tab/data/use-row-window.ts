/** Which rows of a long list are in sight: only those are drawn. */
import * as React from 'react';

/** Rows beyond what is in sight, so that a quick scroll shows no gap. */
const MORE = 12;
/** The window moves by so many rows at once: fewer drawings. */
const STEP = 6;
/** Before it was measured. */
const HEIGHT = 600;

export interface RowWindow {
  ref: React.RefObject<HTMLDivElement | null>;
  /** The first row that is drawn, and the one after the last. */
  from: number;
  to: number;
  /** Of the list, in pixels; 0 before it was measured. */
  width: number;
  onScroll: () => void;
  /** Scrolls just as far as it takes. */
  show: (row: number) => void;
}

export function useRowWindow(rows: number, rowHeight: number): RowWindow {
  const ref = React.useRef<HTMLDivElement>(null);
  const [seen, setSeen] = React.useState({ top: 0, height: HEIGHT, width: 0 });
  const measure = React.useCallback((): void => {
    const element = ref.current;
    if (element === null) return;
    const step = STEP * rowHeight;
    const now = {
      top: Math.floor(element.scrollTop / step) * step,
      height: element.clientHeight,
      width: element.clientWidth,
    };
    setSeen((old) =>
      old.top === now.top && old.height === now.height && old.width === now.width ? old : now,
    );
  }, [rowHeight]);
  React.useLayoutEffect(() => {
    measure();
    const element = ref.current;
    if (element === null || typeof ResizeObserver === 'undefined') return undefined;
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [measure]);
  // A list that became shorter was scrolled by the browser, without an event until the next frame.
  React.useLayoutEffect(measure, [rows, measure]);
  const show = (row: number): void => {
    const element = ref.current;
    if (element === null) return;
    const top = row * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowHeight - element.clientHeight;
  };
  const first = Math.floor(seen.top / rowHeight);
  return {
    ref,
    from: Math.max(0, first - MORE),
    to: Math.min(rows, first + Math.ceil(seen.height / rowHeight) + STEP + MORE),
    width: seen.width,
    onScroll: measure,
    show,
  };
}
