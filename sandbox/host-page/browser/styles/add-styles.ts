/** Puts the page's styles into the document. */
import { DETAILS_CSS } from './details-css.ts';
import { FRAME_CSS } from './frame-css.ts';
import { HOST_CSS } from './host-css.ts';
import { THEME_CSS } from './theme-css.ts';

export function addStyles(): void {
  const style = document.createElement('style');
  style.textContent = [THEME_CSS, HOST_CSS, FRAME_CSS, DETAILS_CSS].join('\n');
  document.head.append(style);
}
