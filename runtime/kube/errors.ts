/** What the Kubernetes API answered when it did not do what was asked, as an error that says what to do. */
import { StagelineError } from '../../core/errors.ts';

/** What was asked for, in the words of a Role. */
export interface KubeAction {
  verb: 'get' | 'list' | 'create' | 'update' | 'delete';
  /** `''` is the core group. */
  group: string;
  /** Default v1. */
  version?: string;
  /** Plural, with its subresource: `configmaps`, `jobs`, `pods/log`. */
  resource: string;
  namespace: string;
  name?: string;
}

/** An answer that is an error. `status` is the HTTP status, 0 if there was no answer. */
export class KubeError extends StagelineError {
  readonly status: number;
  readonly action: KubeAction;
  /** What `Retry-After` asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    action: KubeAction,
    answer: { status: number; message: string; retryAfterMs?: number; cause?: unknown },
  ) {
    const known = EXPLANATIONS[answer.status] ?? other;
    const { code, message, hint } = known(action, answer);
    super(message, {
      code,
      hint,
      blame: code === 'KUBE_UNAVAILABLE' ? 'system' : 'setup',
      cause: answer.cause,
    });
    this.name = 'KubeError';
    this.status = answer.status;
    this.action = action;
    this.retryAfterMs = answer.retryAfterMs;
  }
}

interface Explanation {
  code: string;
  message: string;
  hint: string;
}

type Explain = (action: KubeAction, answer: { status: number; message: string }) => Explanation;

const EXPLANATIONS: Record<number, Explain> = {
  0: (action, answer) => ({
    code: 'KUBE_UNAVAILABLE',
    message: `the Kubernetes API did not answer "${described(action)}": ${answer.message}`,
    hint: 'Check that the API server is reachable from the hook’s pod; Argo CD’s retry tries again',
  }),
  401: (action) => ({
    code: 'KUBE_UNAUTHENTICATED',
    message: `the Kubernetes API does not know who asks for "${described(action)}"`,
    hint: 'Give the hook Jobs a ServiceAccount with a mounted token (hooks.serviceAccountName, default stageline)',
  }),
  403: (action) => ({
    code: 'KUBE_FORBIDDEN',
    message: `no right to ${described(action)}`,
    hint: `Add this rule to the Role of the hooks' ServiceAccount in namespace ${action.namespace}: ${roleRule(action)}`,
  }),
};

const other: Explain = (action, answer) => ({
  code: answer.status >= 500 || answer.status === 429 ? 'KUBE_UNAVAILABLE' : 'KUBE_REFUSED',
  message: `the Kubernetes API answered ${answer.status} to "${described(action)}": ${answer.message}`,
  hint:
    answer.status >= 500 || answer.status === 429
      ? 'The API server is overloaded or failing; Argo CD’s retry tries again'
      : 'See the API server’s message',
});

/** The line of a Role that allows an action, as flow YAML. */
export function roleRule(action: KubeAction): string {
  return `{apiGroups: ["${action.group}"], resources: ["${action.resource}"], verbs: ["${action.verb}"]}`;
}

/** Whether an error is the API's answer with this status. */
export function isKubeStatus(error: unknown, status: number): error is KubeError {
  return error instanceof KubeError && error.status === status;
}

function described(action: KubeAction): string {
  const what = action.group === '' ? action.resource : `${action.resource}.${action.group}`;
  const name = action.name === undefined ? '' : ` "${action.name}"`;
  return `${action.verb} ${what}${name} in namespace ${action.namespace}`;
}
