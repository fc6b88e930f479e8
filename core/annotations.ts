/** Annotation and label keys that Stageline writes or reads. */

export const COMMIT_ANNOTATION = 'stageline.dev/commit-id';
export const TRACEPARENT_ANNOTATION = 'stageline.dev/traceparent';
/** On an object of the user: `disabled` keeps injection away from it. */
export const INJECT_ANNOTATION = 'stageline.dev/inject';

export const PART_LABEL = 'stageline.dev/part';
export const PIPELINE_LABEL = 'stageline.dev/pipeline';
export const STAGE_LABEL = 'stageline.dev/stage';
export const PHASE_LABEL = 'stageline.dev/phase';
export const CHECK_LABEL = 'stageline.dev/check';
export const DELIVERY_LABEL = 'stageline.dev/delivery';
/** On the Job of a pending promotion: the stage that the freight goes to. */
export const TARGET_LABEL = 'stageline.dev/target';
