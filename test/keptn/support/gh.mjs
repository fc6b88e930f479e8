/** The two commands of GitHub's `gh` that the example's workflow calls, against the API at $GITHUB_API_URL. */
import { parseArgs } from 'node:util';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    head: { type: 'string' },
    base: { type: 'string' },
    title: { type: 'string' },
    body: { type: 'string' },
    state: { type: 'string' },
    json: { type: 'string' },
    jq: { type: 'string' },
  },
});
const { GITHUB_API_URL, GITHUB_REPOSITORY, GH_TOKEN } = process.env;
const pulls = `${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}/pulls`;
const headers = {
  accept: 'application/vnd.github+json',
  authorization: `Bearer ${GH_TOKEN}`,
  'content-type': 'application/json',
};
const command = positionals.join(' ');

async function call(url, init) {
  const response = await fetch(url, { headers, ...init });
  if (!response.ok) throw new Error(`gh ${command}: ${response.status} ${await response.text()}`);
  return response.json();
}

if (command === 'pr list') {
  const owner = GITHUB_REPOSITORY.split('/')[0];
  const query = new URLSearchParams({ head: `${owner}:${values.head}`, state: values.state });
  process.stdout.write(`${(await call(`${pulls}?${query}`)).length}\n`);
} else if (command === 'pr create') {
  const { head, base, title, body } = values;
  const made = await call(pulls, { method: 'POST', body: JSON.stringify({ head, base, title, body }) });
  process.stdout.write(`${made.html_url}\n`);
} else {
  throw new Error(`gh ${command} is not known here`);
}
