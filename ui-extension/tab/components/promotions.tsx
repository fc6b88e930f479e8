/** Where this delivery was promoted to, how, and what became of it. */
import * as React from 'react';
import type { PromotionView } from '../view-model/delivery.ts';
import type { Tone } from '../view-model/status.ts';
import { Status } from './icon.tsx';
import { Age, Commit, ExternalLink, LongText, Section } from './parts.tsx';

interface PromotionsProps {
  promotions: PromotionView[];
  deliveryTone: Tone;
  now: number;
}

export function Promotions({ promotions, deliveryTone, now }: PromotionsProps): React.ReactElement {
  return (
    <Section title="Promotion">
      {promotions.length === 0 ? <p className="sl-quiet">{emptyText(deliveryTone)}</p> : null}
      <ul className="sl-list">
        {promotions.map((promotion) => (
          <Promotion key={promotion.target} promotion={promotion} now={now} />
        ))}
      </ul>
    </Section>
  );
}

function emptyText(tone: Tone): string {
  if (tone === 'running') return 'Follows when every check has passed, if a stage comes after this one.';
  if (tone === 'success') return 'None: no stage follows this one.';
  return 'None: only a version that passed is promoted.';
}

function Promotion({ promotion, now }: { promotion: PromotionView; now: number }): React.ReactElement {
  return (
    <li className="sl-list-item">
      <div className="sl-line">
        <strong>to {promotion.target}</strong>
        <Status view={promotion.status} />
        <span className="sl-quiet">
          <Age at={promotion.finishedAt ?? promotion.startedAt} now={now} />
        </span>
      </div>
      <div className="sl-line">
        <span>{promotion.way}</span>
        <span className="sl-mono sl-break">
          {promotion.branch === '' ? '' : `${promotion.branch} → `}
          {promotion.base}
        </span>
        {promotion.commit === undefined ? null : <Commit commit={promotion.commit} />}
        {promotion.link === undefined ? null : <ExternalLink href={promotion.link}>Open</ExternalLink>}
      </div>
      <LongText text={promotion.message} />
    </li>
  );
}
