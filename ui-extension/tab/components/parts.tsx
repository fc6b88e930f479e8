/** Small parts that several sections use: times, links, commits, notices. */
import * as React from 'react';
import { formatDuration } from '../../../core/duration.ts';
import type { CommitView } from '../view-model/delivery.ts';
import { ageText, exactTime, inText } from '../view-model/time.ts';
import { Icon } from './icon.tsx';

/** An age; the exact value in the user's zone when hovered and for those who listen. */
export function Age({ at, now }: { at: number | undefined; now: number }): React.ReactElement {
  if (at === undefined) return <span>unknown time</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {ageText(at, now)}
    </time>
  );
}

/** A time to come, or that has passed; the exact value as with an age. */
export function Until({ at, now }: { at: number; now: number }): React.ReactElement {
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {inText(at, now)}
    </time>
  );
}

/** A duration; a dash where there is none. */
export function Took({ ms }: { ms: number | undefined }): React.ReactElement {
  if (ms === undefined) return <Nothing meaning="not known" />;
  return <span title={`${ms / 1000} seconds`}>{formatDuration(ms)}</span>;
}

/** A dash, and what it means for those who listen. */
export function Nothing({ meaning }: { meaning: string }): React.ReactElement {
  return (
    <span>
      <span aria-hidden="true">–</span>
      <span className="sl-hidden">{meaning}</span>
    </span>
  );
}

interface ExternalLinkProps {
  href: string;
  children: React.ReactNode;
}

/** A link that leaves Argo CD: in a new tab that cannot reach back. */
export function ExternalLink({ href, children }: ExternalLinkProps): React.ReactElement {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" className="sl-link">
      {children}
      <Icon name="external" className="sl-icon-small" />
      <span className="sl-hidden"> (opens in a new tab)</span>
    </a>
  );
}

/** Seven digits of a commit, linked where the host is known, the whole id when hovered. */
export function Commit({ commit }: { commit: CommitView }): React.ReactElement {
  const short = (
    <span className="sl-mono" title={commit.id}>
      {commit.short}
    </span>
  );
  return commit.link === undefined ? short : <ExternalLink href={commit.link}>{short}</ExternalLink>;
}

interface NoticeProps {
  tone: 'warning' | 'failed' | 'info';
  title: string;
  children?: React.ReactNode;
  action?: { label: string; run: () => void };
}

/** A notice with what to do. `role=status`: said when it appears, without taking the focus. */
export function Notice({ tone, title, children, action }: NoticeProps): React.ReactElement {
  return (
    <div className={`sl-notice sl-notice-${tone}`} role="status">
      <div className="sl-notice-text">
        <strong>{title}</strong>
        {children === undefined ? null : <div>{children}</div>}
      </div>
      {action === undefined ? null : (
        <button type="button" className="sl-button" onClick={action.run}>
          {action.label}
        </button>
      )}
    </div>
  );
}

interface SectionProps {
  title: string;
  aside?: React.ReactNode;
  children: React.ReactNode;
}

/** A card with a heading. */
export function Section({ title, aside, children }: SectionProps): React.ReactElement {
  return (
    <section className="sl-box">
      <div className="sl-box-head">
        <h3>{title}</h3>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** A long message: four lines, the rest on demand. */
export function LongText({ text, tone = '' }: { text: string; tone?: string }): React.ReactElement | null {
  const [open, setOpen] = React.useState(false);
  if (text === '') return null;
  const long = text.length > 320 || text.split('\n').length > 4;
  return (
    <div className={`sl-message ${tone}`}>
      <div className={long && !open ? 'sl-clamp' : ''}>{text}</div>
      {long ? (
        <button type="button" className="sl-text-button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Show less' : 'Show all'}
        </button>
      ) : null}
    </div>
  );
}
