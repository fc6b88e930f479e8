/** The panel that slides in from the right over the page, as wide as Argo CD's. */
import * as React from 'react';

interface SlidingPanelProps {
  label: string;
  onClose: () => void;
  children: React.ReactNode;
  /** 600 px instead of four fifths of the window. */
  isMiddle?: boolean;
  header?: React.ReactNode;
}

export function SlidingPanel({
  label,
  onClose,
  children,
  isMiddle = false,
  header,
}: SlidingPanelProps): React.ReactElement {
  const close = React.useRef<HTMLButtonElement>(null);
  const body = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    close.current?.focus();
  }, []);
  React.useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const focused = document.activeElement;
      const free = focused === document.body || focused === close.current || focused === body.current;
      if (event.key === 'Escape' && free) onClose();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [onClose]);
  return (
    <div className={`sliding-panel sliding-panel--opened${isMiddle ? ' sliding-panel--is-middle' : ''}`}>
      <div className="sliding-panel__outside" onClick={onClose} aria-hidden="true" />
      <div className="sliding-panel__wrapper" role="dialog" aria-label={label}>
        <button
          type="button"
          className="sliding-panel__close"
          ref={close}
          aria-label="Close"
          onClick={onClose}
        >
          ×
        </button>
        {header && <div className="sliding-panel__header">{header}</div>}
        <div className="sliding-panel__body" ref={body} tabIndex={-1}>
          {children}
        </div>
      </div>
    </div>
  );
}
