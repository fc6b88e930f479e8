/**
 * What the Jobs that promote get from the promotion's Secret: variable and key. Every key but `token` may be missing;
 * a GitHub App's three take its place.
 */
export const GIT_SECRET_ENV: readonly (readonly [name: string, key: string])[] = [
  ['STAGELINE_GIT_USERNAME', 'username'],
  ['STAGELINE_GIT_TOKEN', 'token'],
  ['STAGELINE_GIT_SIGNING_KEY', 'signingKey'],
  ['STAGELINE_GITHUB_APP_ID', 'githubAppID'],
  ['STAGELINE_GITHUB_APP_INSTALLATION_ID', 'githubAppInstallationID'],
  ['STAGELINE_GITHUB_APP_PRIVATE_KEY', 'githubAppPrivateKey'],
];
