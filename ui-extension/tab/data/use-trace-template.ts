/** The template for addresses of traces in the user's own trace UI: an admin's setting, else what the backend says. */
import * as React from 'react';
import type { StagePlace } from '../view-model/locate.ts';
import { readTraceTemplate } from './backend.ts';

/** Undefined until it is known, and where there is none. Without a `place` nobody is asked. */
export function useTraceTemplate(place: StagePlace | undefined): unknown {
  const setting = window.STAGELINE_VARS?.traceUrlTemplate;
  const [template, setTemplate] = React.useState<string | undefined>(undefined);
  const wanted = setting === undefined && place !== undefined;
  React.useEffect(() => {
    if (!wanted) return undefined;
    let gone = false;
    readTraceTemplate(place).then(
      (read) => {
        if (!gone) setTemplate(read);
      },
      // Without a template the traces have no link, which is all that can be said of it.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [wanted, place?.application, place?.appNamespace]);
  return setting ?? template;
}
