/** The kinds of checks: each is a field of a check in the pipeline file. Apart from the schema, which is large. */
export const CHECK_KINDS = ['task', 'http', 'metric', 'load', 'waitFor', 'analysis'] as const;
