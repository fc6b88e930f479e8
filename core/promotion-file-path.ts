/** Where promotion files are. Apart from their schema, so that the place can be named without loading it. */

/** Where the promotion file of a stage stands, relative to the stage's path. */
export function promotionFilePath(stage: string): string {
  return `.stageline/${stage}.json`;
}
