/** Requests and limits of hook Jobs: those of the pipeline file, and ours where they leave something open. */
import { StagelineError } from '../../core/errors.ts';
import type { HookSettings } from '../../core/pipeline/schema.ts';

type Amounts = Record<string, string>;

const DEFAULT_REQUESTS: Amounts = { cpu: '50m', memory: '96Mi' };
const DEFAULT_LIMITS: Amounts = { memory: '512Mi' };

/** A quantity of Kubernetes (k8s.io/apimachinery, pkg/api/resource). */
const QUANTITY = /^\+?(\d+(?:\.\d*)?|\.\d+)(?:([KMGTPE])i|([numkMGTPE])|[eE]([+-]?\d+))?$/;
const BINARY = ['', 'K', 'M', 'G', 'T', 'P', 'E'];
const DECIMAL: Record<string, number> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

/**
 * What a hook's container asks for and may use. Ours yield to what the pipeline file says: Kubernetes takes no request
 * above its limit. Errors: `HOOK_SETTINGS`.
 */
export function hookResources(given: HookSettings['resources']): { requests: Amounts; limits: Amounts } {
  checkAmounts(given?.requests, 'requests');
  checkAmounts(given?.limits, 'limits');
  const limits = given?.limits ?? adjusted(DEFAULT_LIMITS, given?.requests, Math.max);
  const requests = given?.requests ?? adjusted(DEFAULT_REQUESTS, limits, Math.min);
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined || amountOf(request) <= amountOf(limit)) continue;
    throw new StagelineError(
      `hooks.resources in the pipeline file requests ${request} of ${name}, more than its limit ${limit}`,
      { code: 'HOOK_SETTINGS', hint: `Raise limits.${name}, or lower requests.${name}` },
    );
  }
  return { requests, limits };
}

/** Our amounts, each moved to the given one where that lies on the other side of it. */
function adjusted(
  ours: Amounts,
  given: Amounts | undefined,
  choose: (a: number, b: number) => number,
): Amounts {
  return Object.fromEntries(
    Object.entries(ours).map(([name, own]) => {
      const other = given?.[name];
      const isOurs = other === undefined || choose(amountOf(own), amountOf(other)) === amountOf(own);
      return [name, isOurs ? own : other];
    }),
  );
}

function checkAmounts(amounts: Amounts | undefined, field: 'requests' | 'limits'): void {
  for (const [name, text] of Object.entries(amounts ?? {})) {
    if (QUANTITY.test(text)) continue;
    throw new StagelineError(`hooks.resources.${field}.${name} in the pipeline file is "${text}"`, {
      code: 'HOOK_SETTINGS',
      hint: 'Give an amount of Kubernetes, such as 100m or 0.5 of cpu, 128Mi or 1Gi of memory',
    });
  }
}

function amountOf(text: string): number {
  const [, number = '', binary = '', decimal = '', exponent = '0'] = QUANTITY.exec(text) ?? [];
  const power = DECIMAL[decimal] ?? Number(exponent);
  const whole = Number(number) * 1024 ** BINARY.indexOf(binary);
  // A division by a whole number is exact where a product with a fraction is not.
  return power < 0 ? whole / 10 ** -power : whole * 10 ** power;
}
