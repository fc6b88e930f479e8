/** Templates that are another with each render. Found by reading; `determinism` finds the field by rendering twice. */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryPath, type Place } from './place.ts';

/** Helm's functions that give something else each time. */
const RANDOM =
  /\{\{[^}]*\b(rand(?:AlphaNum|Alpha|Numeric|Ascii|Bytes|Int)|uuidv4|now|gen(?:CA|PrivateKey|SelfSignedCert|SignedCert)\w*)\b/;

/** One sentence a template: charts for Keptn make a new version so, and Argo CD sees a difference with every render. */
export function randomTemplates(place: Place): string[] {
  const folder = join(place.dir, 'templates');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const file = join(folder, name);
    if (!/\.(ya?ml|tpl)$/.test(name) || !lstatSync(file).isFile()) return [];
    const used = RANDOM.exec(readFileSync(file, 'utf8'))?.[1];
    if (used === undefined) return [];
    return [
      `${repositoryPath(place, file)} uses ${used}: every render is another, and Argo CD shows a difference each time`,
    ];
  });
}
