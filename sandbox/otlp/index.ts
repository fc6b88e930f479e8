export { decodeTraces } from './decode.ts';
export type { ReceivedSpan, ReceivedValue } from './decode.ts';
export { jaegerUpload } from './jaeger.ts';
export { startOtlpReceiver } from './receiver.ts';
export type { OtlpReceiver } from './receiver.ts';
