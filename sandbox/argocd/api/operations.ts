/** Routes that start and stop operations: sync, terminate, rollback. */
import { z } from 'zod';
import type { SyncOptions } from '../engine/index.ts';
import type { Application } from '../engine/index.ts';
import { parseBody } from './body.ts';
import { applicationOf, findApplication, requireRight } from './context.ts';
import type { ApiCall } from './context.ts';
import { recordEvent } from './events.ts';
import { wireApplication } from './wire.ts';

const named = { appNamespace: z.string().optional(), project: z.string().optional() };

const syncBody = z.object({
  ...named,
  revision: z.string().optional(),
  prune: z.boolean().optional(),
  dryRun: z.boolean().optional(),
  strategy: z.object({ hook: z.unknown().optional(), apply: z.unknown().optional() }).optional(),
  resources: z
    .array(
      z.object({
        group: z.string().default(''),
        kind: z.string().default(''),
        name: z.string().default(''),
        namespace: z.string().default(''),
      }),
    )
    .optional(),
  infos: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
  retryStrategy: z
    .object({
      limit: z.number().optional(),
      backoff: z
        .object({
          duration: z.string().optional(),
          factor: z.number().optional(),
          maxDuration: z.string().optional(),
        })
        .optional(),
    })
    .optional(),
  syncOptions: z.object({ items: z.array(z.string()).optional() }).optional(),
});

/** `POST …/{name}/sync`: answers at once, with the operation set and the last operation's state gone. */
export function syncApplication(call: ApiCall): unknown {
  const body = parseBody(syncBody, call.body);
  const found = findApplication(call, { ...body, name: call.params['name'] ?? '' });
  requireRight(call, 'sync', found.object);
  const asked: SyncOptions = { username: call.session.username };
  if (body.revision !== undefined) asked.revision = body.revision;
  if (body.prune !== undefined) asked.prune = body.prune;
  if (body.dryRun !== undefined) asked.dryRun = body.dryRun;
  if (body.strategy) asked.strategy = body.strategy;
  if (body.resources?.length) asked.resources = body.resources;
  if (body.infos) asked.infos = body.infos;
  if (body.retryStrategy) asked.retry = body.retryStrategy;
  if (body.syncOptions?.items) asked.syncOptions = body.syncOptions.items;
  const application = call.context.argo.sync(found.key, asked);
  const partial = asked.resources ? 'partial sync' : 'sync';
  const revision = application.operation?.sync?.revision ?? '';
  started(call, application, `${call.session.username} initiated ${partial} to ${revision}`);
  return wireApplication(application, call.context.argo, true);
}

/** `DELETE …/{name}/operation`: asks for the termination; the controller carries it out. */
export function terminateOperation(call: ApiCall): unknown {
  const { key, object } = applicationOf(call);
  requireRight(call, 'sync', object);
  call.context.argo.terminate(key);
  return {};
}

const rollbackBody = z.object({
  ...named,
  id: z.number().default(0),
  prune: z.boolean().default(false),
  dryRun: z.boolean().default(false),
});

/** `POST …/{name}/rollback`: to an entry of the history, without hooks. */
export function rollbackApplication(call: ApiCall): unknown {
  const body = parseBody(rollbackBody, call.body);
  const found = findApplication(call, { ...body, name: call.params['name'] ?? '' });
  requireRight(call, 'sync', found.object);
  const { id, prune, dryRun } = body;
  const application = call.context.argo.rollback(found.key, {
    id,
    prune,
    dryRun,
    username: call.session.username,
  });
  started(call, application, `${call.session.username} initiated rollback to ${id}`);
  return wireApplication(application, call.context.argo, true);
}

function started(call: ApiCall, application: Application, message: string): void {
  recordEvent(call.context, { ...application }, { reason: 'OperationStarted', message });
}
