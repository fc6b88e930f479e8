/** `stageline doctor`: looks at an installation and says what is wrong and what to do. */
import type { Command } from '../command.ts';

const HELP = `Usage: stageline doctor [options]

Checks an installation through your kubeconfig and says for each thing what to do. It only reads.

  --namespace <name>         Namespace of Argo CD; default argocd.
  --applications-in <name>   A further namespace with Applications. Repeat it.
  --server <address>         Address of Argo CD's page: asks it for its version and the tab.
  --pipeline <file>          Pipeline file whose branches are checked; default the nearest stageline.yaml.
                             STAGELINE_GIT_TOKEN lets it ask the Git host.
  --json                     Print the findings as JSON.

Exit code 1 if something failed; warnings do not count.`;

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Check an installation in a cluster, and say what to do',
  help: HELP,
  run: async (args, io) => (await import('./doctor/run-doctor.ts')).runDoctor(args, io),
};
