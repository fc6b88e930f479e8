/**
 * Keptn's phases as steps of a plan. In a phase of Keptn everything runs in parallel: one step. Applications and
 * workloads of a render go through their phases together, where Keptn lets each go by itself.
 */
import { StagelineError } from '../../errors.ts';
import type { CheckPhase, CheckSpec, KeptnContext, Plan, PlannedCheck, SecretEnv } from '../../plan.ts';
import type { App, CheckList, NamedCheck } from './apps.ts';
import { compileAnalysis } from './analyses.ts';
import { checkTargets, compileEvaluation, type PlannedEvaluation } from './evaluations.ts';
import type { DefinitionContext } from './functions.ts';
import { uniqueNames } from './names.ts';
import { describe, fieldError, type NamedObject } from './objects.ts';
import type { MetricsServer } from './providers.ts';
import { compileTaskDefinition } from './task-definitions.ts';
import type { Workload } from './workloads.ts';

/** Keptn gives its metrics providers so long for one query. */
const QUERY_TIMEOUT_MS = 20_000;
const ANALYSIS_TIMEOUT_MS = 300_000;

type TaskType = KeptnContext['taskType'];

/** Somebody whose checks run: an application, or one of its workloads. */
interface Owner {
  app: App;
  workload?: Workload;
  /** Whether the application's name belongs into the names of its checks. */
  isOneOfSeveral: boolean;
  /** Whether an application of another namespace has the same name. */
  hasNamesake: boolean;
}

/** A check before it has a name. */
interface Unnamed {
  owner: Owner;
  kind: 'task' | 'evaluation' | 'analysis';
  base: string;
  check: Omit<PlannedCheck, 'name' | 'workload'>;
}

interface Compiler {
  context: DefinitionContext;
  secretEnv: SecretEnv[];
}

/** Compiles the phases of all applications. Errors: those of the definitions. */
export function compilePhases(
  apps: readonly App[],
  context: DefinitionContext,
): { phases: Plan['phases']; secretEnv: SecretEnv[] } {
  const compiler: Compiler = { context, secretEnv: [] };
  checkUnused(context);
  const owners: Owner[] = apps.map((app) => ({
    app,
    isOneOfSeveral: apps.length > 1,
    hasNamesake: apps.some((other) => other !== app && other.name === app.name),
  }));
  const workloads = owners.flatMap((owner) =>
    owner.app.workloads.map((workload) => ({ ...owner, workload })),
  );
  const tasks = (of: readonly Owner[], list: CheckList, type: TaskType): Unnamed[] =>
    of.flatMap((owner) => checksOf(owner, list).map((named) => taskCheck(owner, { named, type }, compiler)));
  const evaluations = (of: readonly Owner[], list: CheckList): Unnamed[] =>
    of.flatMap((owner) => checksOf(owner, list).flatMap((named) => evaluationChecks(owner, named, compiler)));
  const phases: [CheckPhase, Unnamed[][]][] = [
    [
      'pre-deployment',
      [
        tasks(owners, 'preDeploymentTasks', 'pre'),
        evaluations(owners, 'preDeploymentEvaluations'),
        tasks(workloads, 'preDeploymentTasks', 'pre'),
        evaluations(workloads, 'preDeploymentEvaluations'),
      ],
    ],
    [
      'post-deployment',
      [
        tasks(workloads, 'postDeploymentTasks', 'post'),
        evaluations(workloads, 'postDeploymentEvaluations'),
        tasks(owners, 'postDeploymentTasks', 'post'),
        evaluations(owners, 'postDeploymentEvaluations'),
        analyses(owners[0], context),
      ],
    ],
    ['promotion', [tasks(owners, 'promotionTasks', 'promotion')]],
  ];
  return {
    phases: phases.flatMap(([name, steps]) => {
      const filled = steps.filter((step) => step.length > 0);
      return filled.length === 0 ? [] : [{ name, steps: withNames(filled) }];
    }),
    secretEnv: compiler.secretEnv,
  };
}

function checksOf(owner: Owner, list: CheckList): NamedCheck[] {
  const { app, workload } = owner;
  if (!workload) return app.checks[list];
  if (list === 'promotionTasks') return [];
  const field = `the annotation keptn.sh/${ANNOTATIONS[list]}`;
  return workload[list].map((definition) => ({ definition, by: workload.owner, field }));
}

const ANNOTATIONS: Record<Exclude<CheckList, 'promotionTasks'>, string> = {
  preDeploymentTasks: 'pre-deployment-tasks',
  postDeploymentTasks: 'post-deployment-tasks',
  preDeploymentEvaluations: 'pre-deployment-evaluations',
  postDeploymentEvaluations: 'post-deployment-evaluations',
};

/**
 * What is wrong in a definition that nothing names is said too: it would be once something does. That it refers to what
 * another chart brings is no fault as long as nothing needs it.
 */
function checkUnused(context: DefinitionContext): void {
  const scratch = {
    ...context,
    functions: new Map<string, string>(),
    labels: [],
    note: () => undefined,
  };
  for (const definition of context.lookup.ofKind('KeptnTaskDefinition')) {
    try {
      compileTaskDefinition(definition, scratch);
    } catch (error) {
      if (!(error instanceof StagelineError) || error.code !== 'KEPTN_MISSING') throw error;
    }
  }
  for (const definition of context.lookup.ofKind('KeptnEvaluationDefinition')) checkTargets(definition);
}

function taskCheck(owner: Owner, task: { named: NamedCheck; type: TaskType }, compiler: Compiler): Unnamed {
  const { named, type } = task;
  const definition = find(named, 'KeptnTaskDefinition', owner, compiler);
  const { image, timeoutMs, pod } = compileTaskDefinition(definition, compiler.context);
  const spec: CheckSpec = { kind: 'task', image, keptn: contextOf(owner, type), pod };
  const check = { timeoutMs, retries: 0, backoffMs: 0, spec };
  return { owner, kind: 'task', base: named.definition, check };
}

/** Tasks of a workload see no version of the application, tasks of the application no workload. */
function contextOf({ app, workload, hasNamesake }: Owner, taskType: TaskType): KeptnContext {
  return {
    workloadName: workload?.fullName ?? '',
    appName: app.name,
    appVersion: workload ? '' : app.version,
    workloadVersion: workload?.version ?? '',
    taskType,
    objectType: workload ? 'Workload' : 'App',
    ...(hasNamesake ? { namespace: app.namespace } : {}),
  };
}

/** Each objective is a check of its own: one that was met stays so while the others are tried again, as in Keptn. */
function evaluationChecks(owner: Owner, named: NamedCheck, compiler: Compiler): Unnamed[] {
  const definition = find(named, 'KeptnEvaluationDefinition', owner, compiler);
  const evaluation: PlannedEvaluation = compileEvaluation(definition, compiler.context);
  return evaluation.objectives.map(({ metric, server, query, target }) => ({
    owner,
    kind: 'evaluation',
    base: evaluation.objectives.length === 1 ? named.definition : `${named.definition}-${metric}`,
    check: {
      timeoutMs: QUERY_TIMEOUT_MS,
      retries: evaluation.retries,
      backoffMs: evaluation.intervalMs,
      backoffFactor: 1,
      backoffMaxMs: evaluation.intervalMs,
      spec: { kind: 'metric', prometheus: server.prometheus, query, target, ...accessTo(server, compiler) },
    },
  }));
}

/** The Secret's two keys become variables of the hook Job, one pair a Secret. */
function accessTo(
  server: MetricsServer,
  { secretEnv }: Compiler,
): Pick<Extract<CheckSpec, { kind: 'metric' }>, 'access'> {
  const { secret } = server;
  if (secret === undefined) return server.insecureSkipVerify ? { access: { insecureSkipVerify: true } } : {};
  let user = secretEnv.find((entry) => entry.secret === secret && entry.key === 'user');
  if (!user) {
    const prefix = `STAGELINE_METRICS_${secretEnv.length / 2 + 1}`;
    user = { name: `${prefix}_USER`, secret, key: 'user' };
    secretEnv.push(user, { name: `${prefix}_PASSWORD`, secret, key: 'password' });
  }
  return {
    access: {
      basicAuth: { userEnv: user.name, passwordEnv: user.name.replace(/_USER$/, '_PASSWORD') },
      ...(server.insecureSkipVerify ? { insecureSkipVerify: true } : {}),
    },
  };
}

function analyses(owner: Owner | undefined, context: DefinitionContext): Unnamed[] {
  const found = context.lookup.ofKind('Analysis');
  if (found.length === 0 || !owner) {
    const definitions = context.lookup.ofKind('AnalysisDefinition');
    for (const definition of definitions)
      context.note(`${describe(definition)}: no Analysis of the render uses it; it is not run`);
    return [];
  }
  return found.flatMap((analysis) => {
    const compiled = compileAnalysis(analysis, context);
    if ('notRun' in compiled) {
      context.note(`${describe(analysis)} is not run: ${compiled.notRun}`);
      return [];
    }
    const check = { timeoutMs: ANALYSIS_TIMEOUT_MS, retries: 0, backoffMs: 0, spec: compiled.spec };
    return [{ owner, kind: 'analysis' as const, base: analysis.name, check }];
  });
}

function find(named: NamedCheck, kind: string, owner: Owner, compiler: Compiler): NamedObject {
  const found = compiler.context.lookup.find([kind], named.definition, owner.app.namespace);
  if (found) return found;
  throw fieldError(named.by, named.field, {
    code: 'KEPTN_MISSING',
    what: `names "${named.definition}", and the render has no ${kind} of that name`,
    hint: `Add the ${kind} to the chart, or correct the name`,
  });
}

function withNames(steps: readonly Unnamed[][]): PlannedCheck[][] {
  const names = uniqueNames(
    steps.flat().map(({ owner, kind, base }) => {
      const who = owner.workload?.name ?? owner.app.name;
      const short = owner.isOneOfSeveral && !owner.workload ? [] : [base];
      const full = owner.workload ? `${owner.app.name}-${who}` : who;
      return {
        rank: owner.workload ? 1 : 0,
        candidates: [...short, `${who}-${base}`, `${full}-${base}`, `${kind}-${full}-${base}`],
      };
    }),
  );
  let next = 0;
  return steps.map((step) =>
    step.map(({ owner, check }) => {
      const name = names[next] ?? '';
      next += 1;
      return { name, ...(owner.workload ? { workload: owner.workload.name } : {}), ...check };
    }),
  );
}
