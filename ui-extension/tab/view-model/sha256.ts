/**
 * SHA-256 (FIPS 180-4), because ids of spans and deliveries are hashes and the browser's own is missing on pages
 * without TLS, which Argo CD often has. For short texts, and for names, not for secrets.
 */

const WORDS = 64;
const { CONSTANTS, START } = constants();

/** The fractional parts of the cube and square roots of the first primes, as the standard defines them. */
function constants(): { CONSTANTS: number[]; START: number[] } {
  const primes: number[] = [];
  for (let number = 2; primes.length < WORDS; number += 1)
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  const fraction = (value: number): number => ((value % 1) * 2 ** 32) | 0;
  return {
    CONSTANTS: primes.map((prime) => fraction(Math.cbrt(prime))),
    START: primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime))),
  };
}

/** The hash of the text's UTF-8 bytes, in hexadecimal digits. */
export function sha256(text: string): string {
  const state = START.slice();
  const padded = padding(new TextEncoder().encode(text));
  for (let block = 0; block < padded.byteLength; block += 64) mix(state, schedule(padded, block));
  return state.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

function padding(bytes: Uint8Array): DataView {
  const view = new DataView(new ArrayBuffer(((bytes.length + 8) >> 6) * 64 + 64));
  new Uint8Array(view.buffer).set(bytes);
  view.setUint8(bytes.length, 0x80);
  view.setUint32(view.byteLength - 4, bytes.length * 8);
  return view;
}

function schedule(view: DataView, block: number): Int32Array {
  const words = new Int32Array(WORDS);
  const at = (index: number): number => words[index] ?? 0;
  for (let index = 0; index < 16; index += 1) words[index] = view.getInt32(block + index * 4);
  for (let index = 16; index < WORDS; index += 1) {
    const [early, late] = [at(index - 15), at(index - 2)];
    words[index] =
      at(index - 16) +
      at(index - 7) +
      (turn(early, 7) ^ turn(early, 18) ^ (early >>> 3)) +
      (turn(late, 17) ^ turn(late, 19) ^ (late >>> 10));
  }
  return words;
}

function mix(state: number[], words: Int32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let index = 0; index < WORDS; index += 1) {
    const first =
      h +
      (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
      ((e & f) ^ (~e & g)) +
      (CONSTANTS[index] ?? 0) +
      (words[index] ?? 0);
    const second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => (state[index] = ((state[index] ?? 0) + word) | 0));
}

function turn(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
