/** Where this delivery was promoted to, how, and what became of it. */
import * as React from 'react';
import { pageUrl } from '../data/api.ts';
import type { PromotionView } from '../view-model/delivery.ts';
import { applicationPath } from '../view-model/links.ts';
import type { Tone } from '../view-model/status.ts';
import { Status } from './icon.tsx';
import { Age, Commit, ExternalLink, LongText, Section } from './parts.tsx';

const SHOWN = 8;

interface PromotionsProps {
  promotions: PromotionView[];
  controlPlaneNamespace: string;
  deliveryTone: Tone;
  now: number;
}

export function Promotions(props: PromotionsProps): React.ReactElement {
  const { promotions, deliveryTone, now } = props;
  const [all, setAll] = React.useState(false);
  return (
    <Section title="Promotion">
      {promotions.length === 0 ? <p className="sl-quiet">{emptyText(deliveryTone)}</p> : null}
      <ul className="sl-list">
        {(all ? promotions : promotions.slice(0, SHOWN)).map((promotion) => (
          <Promotion
            key={`${promotion.isRollback} ${promotion.target}`}
            promotion={promotion}
            path={applicationPath(promotion.targetApplication, props.controlPlaneNamespace)}
            now={now}
          />
        ))}
      </ul>
      {promotions.length > SHOWN ? (
        <button type="button" className="sl-text-button" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${promotions.length}`}
        </button>
      ) : null}
    </Section>
  );
}

function emptyText(tone: Tone): string {
  if (tone === 'running') return 'Follows when every check has passed, if a stage comes after this one.';
  if (tone === 'success') return 'None: no stage follows this one.';
  return 'None: only a version that passed is promoted.';
}

interface PromotionProps {
  promotion: PromotionView;
  path: string | undefined;
  now: number;
}

function Promotion({ promotion, path, now }: PromotionProps): React.ReactElement {
  return (
    <li className="sl-list-item">
      <div className="sl-line">
        {promotion.isRollback ? (
          <strong>
            Rollback of {promotion.target}
            {promotion.restores === '' ? '' : ` to ${promotion.restores}`}
          </strong>
        ) : path === undefined ? (
          <strong>to {promotion.target}</strong>
        ) : (
          <span>
            to{' '}
            <a className="sl-link" href={pageUrl(path)} title="Open its application">
              {promotion.target}
            </a>
          </span>
        )}
        <Status view={promotion.status} />
        <span className="sl-quiet">
          <Age at={promotion.finishedAt ?? promotion.startedAt} now={now} />
        </span>
        {promotion.decision === '' ? null : <span>{promotion.decision}</span>}
      </div>
      <div className="sl-line">
        <span>{promotion.way}</span>
        <span className="sl-mono sl-break">
          {promotion.branch === '' ? '' : `${promotion.branch} → `}
          {promotion.base}
        </span>
        {promotion.commit === undefined ? null : <Commit commit={promotion.commit} />}
        {promotion.link === undefined ? null : (
          <ExternalLink href={promotion.link}>{promotion.linkLabel}</ExternalLink>
        )}
      </div>
      <LongText text={promotion.reason} />
      <LongText text={promotion.message} />
    </li>
  );
}
