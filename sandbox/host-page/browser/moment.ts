/** The few functions of `window.Moment` that extensions use, in the host's own date formats. */

const STEPS: readonly [limitSeconds: number, seconds: number, unit: string][] = [
  [90, 60, 'minute'],
  [3600, 60, 'minutes'],
  [5400, 3600, 'hour'],
  [86_400, 3600, 'hours'],
  [129_600, 86_400, 'day'],
  [2_592_000, 86_400, 'days'],
];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export interface StandInMoment {
  fromNow(): string;
  format(): string;
  toString(): string;
  toDate(): Date;
  valueOf(): number;
  isValid(): boolean;
}

/** A date that knows how long ago it is; without an argument, now. */
export function moment(input?: string | number | Date): StandInMoment {
  const date = input === undefined ? new Date() : new Date(input);
  return {
    fromNow: () => ago(date),
    format: () => date.toISOString(),
    toString: () => longDate(date),
    toDate: () => date,
    valueOf: () => date.getTime(),
    isValid: () => !Number.isNaN(date.getTime()),
  };
}

/** `4 minutes ago`, as Moment words it. */
export function ago(date: Date, now = new Date()): string {
  const seconds = Math.max(0, (now.getTime() - date.getTime()) / 1000);
  if (seconds < 45) return 'a few seconds ago';
  for (const [limit, size, unit] of STEPS) {
    if (seconds >= limit) continue;
    const count = Math.round(seconds / size);
    if (unit.endsWith('s')) return `${Math.max(2, count)} ${unit} ago`;
    return `${unit === 'hour' ? 'an' : 'a'} ${unit} ago`;
  }
  return `${Math.round(seconds / 2_592_000)} months ago`;
}

/** `Sat Aug 22 2026 10:02:10 GMT+0000`. */
export function longDate(date: Date): string {
  if (Number.isNaN(date.getTime())) return '';
  const two = (value: number): string => String(value).padStart(2, '0');
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  const day = `${DAYS[date.getDay()] ?? ''} ${MONTHS[date.getMonth()] ?? ''} ${two(date.getDate())} ${date.getFullYear()}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} GMT${zone}`;
}
