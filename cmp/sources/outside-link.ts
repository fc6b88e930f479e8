/** The error for a link that leads out of the repository. */
import { StagelineError } from '../../core/errors.ts';

/** `PATH_OUTSIDE`, naming application and link. */
export function outsideLink(application: string, link: string): StagelineError {
  return new StagelineError(`${application}/${link} is a link out of the repository`, {
    code: 'PATH_OUTSIDE',
    hint: 'Put the file itself into the repository',
  });
}
