/** What the API server refuses in Pods, and in the templates of Jobs, Deployments and ReplicaSets. */
import type { FieldError } from './errors.ts';
import { checkLabels, listAt, recordAt, required, stringsAt, wrong } from './field-errors.ts';
import { valueAt, type JsonRecord } from './json.ts';
import { checkLabel } from './names.ts';
import type { KubeObject } from './types.ts';

/** The complaints about an object's Pod spec or template; none for kinds that have neither. */
export function checkPods(object: KubeObject): FieldError[] {
  if (object.kind === 'Pod') return checkPodSpec(recordAt(object, ['spec']), 'spec');
  if (!['Job', 'Deployment', 'ReplicaSet'].includes(object.kind)) return [];
  const template = recordAt(object, ['spec', 'template']);
  return [
    ...(object.kind === 'Job' ? checkJobRestarts(template) : checkSelector(object)),
    ...checkLabels(stringsAt(template, ['metadata', 'labels']), 'spec.template.labels'),
    ...checkPodSpec(recordAt(template, ['spec']), 'spec.template.spec'),
  ];
}

function checkJobRestarts(template: JsonRecord): FieldError[] {
  const policy = valueAt(template, ['spec', 'restartPolicy']);
  const field = 'spec.template.spec.restartPolicy';
  const allowed = 'valid values: "OnFailure", "Never"';
  if (policy === undefined) return [required(field, allowed)];
  if (policy === 'OnFailure' || policy === 'Never') return [];
  const message = `Unsupported value: "${String(policy)}": supported values: "OnFailure", "Never"`;
  return [{ reason: 'FieldValueNotSupported', field, message }];
}

function checkSelector(object: KubeObject): FieldError[] {
  const wanted = stringsAt(object, ['spec', 'selector', 'matchLabels']);
  const labels = stringsAt(object, ['spec', 'template', 'metadata', 'labels']);
  if (Object.keys(wanted).length === 0) return [required('spec.selector', '')];
  if (Object.entries(wanted).every(([key, value]) => labels[key] === value)) return [];
  return [
    {
      reason: 'FieldValueInvalid',
      field: 'spec.template.metadata.labels',
      message: `Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``,
    },
  ];
}

function checkPodSpec(spec: JsonRecord, field: string): FieldError[] {
  const containers = listAt(spec, 'containers');
  if (containers.length === 0) return [required(`${field}.containers`, '')];
  const volumes = new Set(listAt(spec, 'volumes').map((volume) => volume['name']));
  return [
    ...containers.flatMap((one, index) => checkContainer(one, `${field}.containers[${index}]`, volumes)),
    ...listAt(spec, 'initContainers').flatMap((one, index) =>
      checkContainer(one, `${field}.initContainers[${index}]`, volumes),
    ),
  ];
}

function checkContainer(container: JsonRecord, field: string, volumes: ReadonlySet<unknown>): FieldError[] {
  const name = String(container['name'] ?? '');
  const image = container['image'];
  const mounts = listAt(container, 'volumeMounts');
  return [
    ...(name === ''
      ? [required(`${field}.name`, '')]
      : checkLabel(name).map((why) => wrong(`${field}.name`, name, why))),
    ...(image === undefined || image === '' ? [required(`${field}.image`, '')] : []),
    ...mounts.flatMap((mount, index): FieldError[] => {
      if (volumes.has(mount['name'])) return [];
      const message = `Not found: "${String(mount['name'])}"`;
      return [{ reason: 'FieldValueInvalid', field: `${field}.volumeMounts[${index}].name`, message }];
    }),
  ];
}
