/** A question before something happens, in the measures of the host's own popups, which it does not lend. */
import * as React from 'react';
import * as ReactDOM from 'react-dom';

interface DialogProps {
  title: string;
  children: React.ReactNode;
  /** What the button that goes on says. */
  confirm: string;
  onConfirm: () => void;
  onCancel: () => void;
  /** An element of the page below, by which the theme is found. */
  near: Element | null;
}

/** Takes the focus, keeps it, and gives it back. Escape, and a click beside it, cancel. */
export function Dialog(props: DialogProps): React.ReactElement {
  const { title, children, confirm, onConfirm, onCancel, near } = props;
  const box = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    const before = document.activeElement;
    box.current?.querySelector<HTMLElement>('.sl-dialog-cancel')?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    // React hands events on to the host's own components around us.
    event.stopPropagation();
    if (event.key === 'Escape') onCancel();
    if (event.key === 'Tab') keepInside(event, box.current);
  };
  const parts = (
    <div className="stageline sl-overlay" onKeyDown={onKeyDown} onClick={(event) => event.stopPropagation()}>
      <div className="sl-backdrop" onClick={onCancel} />
      <div ref={box} className="sl-dialog" role="dialog" aria-modal="true" aria-label={title}>
        <h2 className="sl-dialog-title">{title}</h2>
        <div className="sl-dialog-body">{children}</div>
        <div className="sl-dialog-buttons">
          <button type="button" className="sl-button sl-button-primary" onClick={onConfirm}>
            {confirm}
          </button>
          <button type="button" className="sl-button sl-dialog-cancel" onClick={onCancel}>
            Cancel
          </button>
        </div>
      </div>
    </div>
  );
  return ReactDOM.createPortal(parts, near?.closest('.theme-light,.theme-dark') ?? document.body);
}

function keepInside(event: React.KeyboardEvent, box: HTMLElement | null): void {
  const stops = [...(box?.querySelectorAll<HTMLElement>('a[href],button:not([disabled])') ?? [])];
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement !== edge) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
}
