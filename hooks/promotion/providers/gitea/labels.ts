/** Labels at Gitea and Forgejo: by id, of the repository or its organisation; a name that is unknown is left out silently. */
import { mapResult, success } from '../result.ts';
import type { Result } from '../types.ts';
import type { GiteaClient } from './client.ts';
import { Anything, Label } from './schema.ts';

const NEW_LABEL_COLOR = '#1d76db';

/** Creates labels that are missing, and keeps those that are there. */
export async function addLabels(
  client: GiteaClient,
  number: number,
  names: readonly string[],
): Promise<Result<void>> {
  if (names.length === 0) return success(undefined);
  const known = await client.list(client.acts.label, Label, { method: 'GET', path: ['labels'] });
  if (known.status !== 'success') return known;
  const ids: number[] = [];
  for (const name of new Set(names)) {
    const existing = known.value.find((label) => label.name === name);
    const label: Result<Label> = existing ? success(existing) : await createLabel(client, name);
    if (label.status !== 'success') return label;
    ids.push(label.value.id);
  }
  const added = await client.call(client.acts.label, Anything, {
    method: 'POST',
    path: ['issues', number, 'labels'],
    body: { labels: ids },
  });
  return mapResult(added, () => undefined);
}

function createLabel(client: GiteaClient, name: string): Promise<Result<Label>> {
  return client.call(client.acts.label, Label, {
    method: 'POST',
    path: ['labels'],
    body: { name, color: NEW_LABEL_COLOR },
  });
}
