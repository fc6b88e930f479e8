/** How the checks that ask an address themselves trust it, as the pipeline file says. */
import { rootCertificates, type SecureContextOptions } from 'node:tls';
import type { HttpSpec } from '../../core/pipeline/schema.ts';

export type TlsOptions = SecureContextOptions & { servername?: string; rejectUnauthorized?: boolean };

/** Certificates that the pipeline file names are trusted beside those of the system. */
export function tlsOptions(tls: NonNullable<HttpSpec['tls']>): TlsOptions {
  return {
    ...(tls.ca === undefined ? {} : { ca: [...rootCertificates, tls.ca] }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls.insecureSkipVerify === true ? { rejectUnauthorized: false } : {}),
  };
}
