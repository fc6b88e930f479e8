/** Puts our style sheet into the page once. Every rule stands below `.stageline`, so that nothing else is touched. */
import { BASE_CSS } from './base-css.ts';
import { DECISION_CSS } from './decision-css.ts';
import { DELIVERY_CSS } from './delivery-css.ts';
import { HOST_CSS } from './host-css.ts';
import { PAGE_CSS } from './page-css.ts';
import { THEME_CSS } from './theme-css.ts';
import { TRACE_CSS } from './trace-css.ts';
import { WATERFALL_CSS } from './waterfall-css.ts';

const CSS = [
  THEME_CSS,
  BASE_CSS,
  DELIVERY_CSS,
  DECISION_CSS,
  WATERFALL_CSS,
  TRACE_CSS,
  HOST_CSS,
  PAGE_CSS,
].join('');
let done = false;

/** A constructed sheet where the browser has them: a strict content security policy does not forbid those. */
export function ensureStyles(): void {
  if (done) return;
  done = true;
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  } catch {
    // Browsers without constructed sheets.
    const element = document.createElement('style');
    element.textContent = CSS;
    document.head.appendChild(element);
  }
}
