/** An error that Argo CD's API answers with: a gRPC code and Argo CD's own words. */

export type GrpcCode =
  | 'InvalidArgument'
  | 'NotFound'
  | 'PermissionDenied'
  | 'FailedPrecondition'
  | 'Unauthenticated'
  | 'Unknown'
  | 'AlreadyExists';

export class ArgoCdError extends Error {
  readonly code: GrpcCode;

  constructor(code: GrpcCode, message: string) {
    super(message);
    this.name = 'ArgoCdError';
    this.code = code;
  }
}
