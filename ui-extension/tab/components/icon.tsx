/** Icons drawn for this tab, in the weight of the host's; no font, so they are there whatever the host loads. */
import * as React from 'react';
import type { StatusIcon, StatusView } from '../view-model/status.ts';

type IconName = StatusIcon | 'chevron' | 'copy' | 'external' | 'arrow' | 'commit' | 'tick';

const PATHS: Record<IconName, string> = {
  check:
    'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.9 5.3-4.4 5a.9.9 0 0 1-1.3 0L4.1 9.2a.9.9 0 1 1 1.3-1.2l1.4 1.4 3.7-4.3a.9.9 0 1 1 1.4 1.2Z',
  cross:
    'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm2.9 8.7a.9.9 0 0 1-1.2 1.2L8 9.2l-1.7 1.7a.9.9 0 0 1-1.2-1.2L6.8 8 5.1 6.3a.9.9 0 0 1 1.2-1.2L8 6.8l1.7-1.7a.9.9 0 0 1 1.2 1.2L9.2 8l1.7 1.7Z',
  alert:
    'M7.1 1.6a1 1 0 0 1 1.8 0l6 11.4a1 1 0 0 1-.9 1.5H2a1 1 0 0 1-.9-1.5l6-11.4ZM8 5a.9.9 0 0 0-.9 1l.2 3.4a.7.7 0 0 0 1.4 0L8.9 6A.9.9 0 0 0 8 5Zm0 6.2a.9.9 0 1 0 0 1.8.9.9 0 0 0 0-1.8Z',
  notch:
    'M6.3 1.7a.9.9 0 0 1-.6 1.1 5.5 5.5 0 1 0 4.6 0 .9.9 0 1 1 .7-1.7 7.3 7.3 0 1 1-6 0 .9.9 0 0 1 1.3.6Z',
  pause:
    'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1ZM6.9 10.3a.9.9 0 0 1-1.8 0V5.7a.9.9 0 0 1 1.8 0v4.6Zm4 0a.9.9 0 0 1-1.8 0V5.7a.9.9 0 0 1 1.8 0v4.6Z',
  question:
    'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 11.5a1 1 0 1 1 0-2 1 1 0 0 1 0 2Zm1.2-4.3c-.3.2-.4.3-.4.6a.8.8 0 0 1-1.6 0c0-1.1.7-1.6 1.2-1.9.4-.3.6-.4.6-.8 0-.5-.4-.8-1-.8-.5 0-.8.2-1.1.6a.8.8 0 0 1-1.3-1C6.2 4.1 7 3.7 8 3.7c1.4 0 2.6.9 2.6 2.4 0 1.2-.8 1.7-1.4 2.1Z',
  ban: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1ZM2.8 8a5.2 5.2 0 0 1 8.3-4.2l-7.3 7.3A5.2 5.2 0 0 1 2.8 8ZM8 13.2a5.2 5.2 0 0 1-3.1-1l7.3-7.3A5.2 5.2 0 0 1 8 13.2Z',
  circle: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 12.4A5.4 5.4 0 1 1 8 2.6a5.4 5.4 0 0 1 0 10.8Z',
  chevron:
    'M5.3 2.7a1 1 0 0 1 1.4 0l4.6 4.6a1 1 0 0 1 0 1.4l-4.6 4.6a1 1 0 0 1-1.4-1.4L9.2 8 5.3 4.1a1 1 0 0 1 0-1.4Z',
  copy: 'M5 3a2 2 0 0 1 2-2h5a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2v-1.6a.4.4 0 0 0 .4-.4V3a.4.4 0 0 0-.4-.4H7a.4.4 0 0 0-.4.4H5Zm-3 4a2 2 0 0 1 2-2h5a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V7Zm1.6 0v6c0 .2.2.4.4.4h5a.4.4 0 0 0 .4-.4V7a.4.4 0 0 0-.4-.4H4a.4.4 0 0 0-.4.4Z',
  external:
    'M9.5 1.5h4a1 1 0 0 1 1 1v4a1 1 0 0 1-2 0V4.9L7.7 9.7a1 1 0 0 1-1.4-1.4l4.8-4.8H9.5a1 1 0 0 1 0-2ZM3.5 3H6a1 1 0 0 1 0 2H4v7h7v-2a1 1 0 1 1 2 0v2.5a1.5 1.5 0 0 1-1.5 1.5h-8A1.5 1.5 0 0 1 2 12.5v-8A1.5 1.5 0 0 1 3.5 3Z',
  arrow:
    'M9.3 3.3a1 1 0 0 1 1.4 0l4 4a1 1 0 0 1 0 1.4l-4 4a1 1 0 0 1-1.4-1.4L11.6 9H2a1 1 0 0 1 0-2h9.6L9.3 4.7a1 1 0 0 1 0-1.4Z',
  commit:
    'M8 4.5A3.5 3.5 0 0 1 11.4 7H15a1 1 0 1 1 0 2h-3.6a3.5 3.5 0 0 1-6.8 0H1a1 1 0 0 1 0-2h3.6A3.5 3.5 0 0 1 8 4.5Zm0 2a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3Z',
  tick: 'M13.7 3.7a1 1 0 0 1 0 1.4l-7 7a1 1 0 0 1-1.4 0l-3-3a1 1 0 0 1 1.4-1.4L6 10l6.3-6.3a1 1 0 0 1 1.4 0Z',
};

interface IconProps {
  name: IconName;
  className?: string;
}

/** Decoration only: the text beside it says the same. */
export function Icon({ name, className = '' }: IconProps): React.ReactElement {
  return (
    <svg className={`sl-icon ${className}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fillRule="evenodd" />
    </svg>
  );
}

/** The icon of a status in Argo CD's state colour; `labelled` adds the word beside it. */
export function Status({
  view,
  labelled = true,
}: {
  view: StatusView;
  labelled?: boolean;
}): React.ReactElement {
  return (
    <span className="sl-status">
      <Icon name={view.icon} className={`sl-tone-${view.tone} ${view.icon === 'notch' ? 'sl-spin' : ''}`} />
      <span className={labelled ? '' : 'sl-hidden'}>{view.label}</span>
    </span>
  );
}
