/** Copies an id. Argo CD is often served without TLS, where browsers offer no clipboard: then by selection. */
import * as React from 'react';
import { Icon } from './icon.tsx';

const SHOWN_MS = 2000;

interface CopyButtonProps {
  value: string;
  /** What is copied, for those who listen: `trace id`. */
  what: string;
}

export function CopyButton({ value, what }: CopyButtonProps): React.ReactElement {
  const [result, setResult] = React.useState<'' | 'copied' | 'failed'>('');
  React.useEffect(() => {
    if (result === '') return undefined;
    const timer = setTimeout(() => setResult(''), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [result]);
  const copy = (event: React.MouseEvent<HTMLButtonElement>): void => {
    void copyText(value, event.currentTarget).then((done) => setResult(done ? 'copied' : 'failed'));
  };
  return (
    <span className="sl-copy">
      <button
        type="button"
        className="sl-icon-button"
        aria-label={`Copy ${what}`}
        title={`Copy ${what}`}
        onClick={copy}
      >
        <Icon name={result === 'copied' ? 'tick' : 'copy'} />
      </button>
      <span className="sl-hidden" aria-live="polite">
        {result === 'copied' ? `${what} copied` : result === 'failed' ? `${what} could not be copied` : ''}
      </span>
    </span>
  );
}

async function copyText(value: string, near: HTMLElement): Promise<boolean> {
  if (navigator.clipboard === undefined) return copyBySelection(value, near);
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    // Refused by the browser's permissions: the older way needs none.
    return copyBySelection(value, near);
  }
}

function copyBySelection(value: string, near: HTMLElement): boolean {
  const field = document.createElement('textarea');
  field.value = value;
  field.className = 'sl-hidden';
  near.parentElement?.appendChild(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  near.focus();
  return done;
}
