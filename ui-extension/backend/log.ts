/** Structured log lines. Errors are cut down to code and message, so that nothing else of them can slip out. */
import pino from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';

export function createLog(level: string, destination: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: plainError },
    },
    destination,
  );
}

interface PlainError {
  message: string;
  code?: string;
  cause?: PlainError;
  stack?: string;
}

function plainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { message: messageOf(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    message: error.message,
    // A defect of ours has no code; where it happened is all there is to find it by.
    ...(code === undefined ? { stack: error.stack ?? '' } : { code }),
    ...(error.cause === undefined ? {} : { cause: plainError(error.cause) }),
  };
}
