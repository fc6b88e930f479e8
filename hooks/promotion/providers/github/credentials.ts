/** How Stageline proves itself to GitHub: a token, or a GitHub App's key. */
import { createPrivateKey } from 'node:crypto';
import { credentialProblem, readToken } from '../credentials.ts';

export type GitHubCredentials =
  | { kind: 'token'; token: string }
  | { kind: 'app'; appId: number; privateKey: string; installationId: number | undefined };

/**
 * A GitHub App where `STAGELINE_GITHUB_APP_ID` is set, else the token. The key may have its line breaks written as
 * `\n`, or be in Base64 as a whole. Errors: `PROVIDER_CREDENTIALS`.
 */
export function readGitHubCredentials(env: NodeJS.ProcessEnv): GitHubCredentials {
  if (!env['STAGELINE_GITHUB_APP_ID']) {
    return {
      kind: 'token',
      token: readToken(env, ', or set a GitHub App by STAGELINE_GITHUB_APP_ID and its key'),
    };
  }
  const installation = env['STAGELINE_GITHUB_APP_INSTALLATION_ID'];
  return {
    kind: 'app',
    appId: positiveInteger(env['STAGELINE_GITHUB_APP_ID'], 'STAGELINE_GITHUB_APP_ID'),
    privateKey: readPrivateKey(env['STAGELINE_GITHUB_APP_PRIVATE_KEY'] ?? ''),
    installationId: installation
      ? positiveInteger(installation, 'STAGELINE_GITHUB_APP_INSTALLATION_ID')
      : undefined,
  };
}

function positiveInteger(text: string, name: string): number {
  const value = Number(text.trim());
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw credentialProblem(`${name} is not a number`, 'Take it from the settings page of the GitHub App');
}

/** As PKCS#8, whichever form GitHub or a tool wrote. */
function readPrivateKey(text: string): string {
  const plain = text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64').toString('utf8');
  try {
    const key = createPrivateKey(plain.replaceAll('\\n', '\n').trim());
    if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch {
    // The cause could quote the key; the error below says what matters.
  }
  throw credentialProblem(
    'STAGELINE_GITHUB_APP_PRIVATE_KEY holds no RSA private key',
    'Put the whole .pem file that GitHub made for the App into the promotion’s Secret',
  );
}
