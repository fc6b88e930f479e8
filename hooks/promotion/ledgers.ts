/** The ledgers of a namespace, for those who come from outside any hook. */
import { PART_LABEL } from '../../core/annotations.ts';
import { readLedger } from '../../core/ledger/read.ts';
import { LEDGER_KEY, type Ledger } from '../../core/ledger/types.ts';
import { anchorName } from '../../core/names.ts';
import type { KubeClient } from '../../runtime/kube/client.ts';
import { LedgerStore } from '../../runtime/kube/ledger-store.ts';
import type { ConfigMap } from '../../runtime/kube/types.ts';
import type { Logger } from '../../runtime/log.ts';

export interface OpenLedger {
  namespace: string;
  /** Of the ConfigMap. */
  name: string;
  ledger: Ledger;
  store: LedgerStore;
}

/** Every ledger that can be read, by name; of all namespaces if `namespace` is empty. One of a newer release is left to that release. Errors: KubeError. */
export async function openLedgers(place: {
  client: KubeClient;
  namespace: string;
  log: Logger;
  now: () => number;
}): Promise<OpenLedger[]> {
  const { client, namespace, log, now } = place;
  const list = await client.request<{ items?: ConfigMap[] }>({
    action: { verb: 'list', group: '', resource: 'configmaps', namespace },
    query: { labelSelector: `${PART_LABEL}=ledger` },
  });
  const found = (list.items ?? []).flatMap((object): OpenLedger[] => {
    const { name = '', namespace: home = namespace } = object.metadata ?? {};
    const reading = readLedger(object.data?.[LEDGER_KEY] ?? '');
    if (reading.kind !== 'ledger') {
      log.warn('a ledger cannot be read', { ledger: `${home}/${name}`, reason: reading.kind });
      return [];
    }
    const { ledger } = reading;
    const { pipeline, stage, application } = ledger;
    const anchor = { name: anchorName(application), labels: {}, data: {} };
    const plan = { anchor, ledger: { name }, pipeline, stage, application };
    return [
      { namespace: home, name, ledger, store: new LedgerStore({ client, namespace: home, plan, log, now }) },
    ];
  });
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
