/** Linked traces: from this delivery back, stage by stage, to the commit that it began with. */
import * as React from 'react';
import { pageUrl } from '../data/api.ts';
import type { Chain, ChainLink } from '../view-model/chain.ts';
import type { TraceRef } from '../view-model/trace/owner.ts';
import { CopyButton } from './copy-button.tsx';
import { Icon } from './icon.tsx';
import { Age, Commit, ExternalLink, Section, Took } from './parts.tsx';

interface TraceChainProps {
  chain: Chain;
  now: number;
  open: (trace: TraceRef) => void;
}

/** Of a longer chain the newest stages are shown, and the first. */
const SHOWN = 7;

export function TraceChain({ chain, now, open }: TraceChainProps): React.ReactElement {
  const [all, setAll] = React.useState(false);
  const { links } = chain;
  const left = all || links.length <= SHOWN + 2 ? 0 : links.length - SHOWN - 1;
  return (
    <Section title="Linked traces">
      <ol className="sl-chain" aria-label="From this delivery back to the commit">
        {links.map((link, index) =>
          left > 0 && index >= SHOWN && index < links.length - 1 ? (
            index > SHOWN ? null : (
              <li key="more" className="sl-chain-link">
                <span className="sl-chain-mark" />
                <button type="button" className="sl-text-button" onClick={() => setAll(true)}>
                  {left} more<span className="sl-hidden"> stages</span>
                </button>
              </li>
            )
          ) : (
            <Link key={link.key} link={link} now={now} open={open} />
          ),
        )}
        {chain.origin === undefined ? null : (
          <li className="sl-chain-link">
            <Icon name="commit" className="sl-chain-mark" />
            <div className="sl-chain-body">
              <div className="sl-line">
                <strong>Commit</strong>
                <Commit commit={chain.origin} />
                <CopyButton value={chain.origin.id} what="commit id of the origin" />
                <span className="sl-quiet">
                  <Age at={chain.originAt} now={now} />
                </span>
              </div>
              <div className="sl-subject">{chain.origin.subject}</div>
              <div className="sl-quiet">{chain.origin.author}</div>
            </div>
          </li>
        )}
      </ol>
    </Section>
  );
}

interface LinkProps extends Omit<TraceChainProps, 'chain'> {
  link: ChainLink;
}

function Link({ link, now, open }: LinkProps): React.ReactElement {
  const { traceId, instance, stage } = link;
  return (
    <li className="sl-chain-link">
      <Icon name={link.status.icon} className={`sl-chain-mark sl-tone-${link.status.tone}`} />
      <div className="sl-chain-body">
        <div className="sl-line">
          {link.path === undefined ? (
            <strong>{link.stage}</strong>
          ) : (
            <a className="sl-link" href={pageUrl(link.path)}>
              {link.stage}
            </a>
          )}
          {link.isThis ? <span className="sl-tag">this stage</span> : null}
          <span>{link.status.label}</span>
          <span className="sl-quiet">
            {link.isThis ? '' : 'promoted '}
            <Age at={link.doneAt ?? link.openedAt} now={now} />
          </span>
        </div>
        <div className="sl-line">
          <Commit commit={link.commit} />
          <span className="sl-subject">{link.commit.subject}</span>
          {link.commit.author === '' ? null : <span className="sl-quiet">{link.commit.author}</span>}
        </div>
        <div className="sl-line sl-quiet">
          {link.took === undefined ? null : (
            <span>
              <Took ms={link.took} /> in this stage
            </span>
          )}
          {link.leadTime === undefined ? null : (
            <span>
              <Took ms={link.leadTime} /> since the commit
            </span>
          )}
          {link.traceId === '' ? null : (
            <span className="sl-trace">
              trace{' '}
              {link.traceLink === undefined ? (
                <TraceId id={link.traceId} />
              ) : (
                <ExternalLink href={link.traceLink}>
                  <TraceId id={link.traceId} />
                </ExternalLink>
              )}{' '}
              <CopyButton value={link.traceId} what={`trace id of ${link.stage}`} />{' '}
              <button
                type="button"
                className="sl-text-button"
                onClick={() => open({ traceId, instance, stage })}
              >
                Show<span className="sl-hidden"> trace of {stage}</span>
              </button>
            </span>
          )}
        </div>
      </div>
    </li>
  );
}

function TraceId({ id }: { id: string }): React.ReactElement {
  return (
    <span className="sl-mono" title={id}>
      {id.slice(0, 8)}
    </span>
  );
}
