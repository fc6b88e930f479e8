/**
 * Colours, by theme. Values of Argo CD's own theme (argo-ui `styles/theme.scss`, argo-cd `shared/components/colors.ts`),
 * copied because it publishes no CSS variables. State colours are too light for text: icons, bars and
 * edges only. The host's primary button (#6D7F8B) is too light for its own text: this is the next darker gray.
 */
export const THEME_CSS = `
.stageline{
--sl-page:#EFF3F5;--sl-box:#FFFFFF;--sl-border:#DEE6EB;--sl-text:#363C4A;--sl-quiet:#495763;
--sl-accent:#006F8A;--sl-track:#EFF3F5;--sl-hover:#F5FBFD;--sl-shown:#DFF6F9;--sl-disc:#CCD6DD;
--sl-notice-warning:#FFF9E6;--sl-notice-failed:#FDF0F1;--sl-notice-info:#EAF8FB;
--sl-shadow:1px 2px 3px rgba(0,0,0,.1);--sl-overlay:rgba(222,222,222,.62);--sl-popup-shadow:#8FA4B1;--sl-primary:#495763;--sl-primary-hover:#363C4A;
--sl-success:#18BE94;--sl-running:#0DADEA;--sl-failed:#E96D76;--sl-warning:#F4C030;--sl-waiting:#766F94;--sl-unknown:#8FA4B1}
.theme-dark .stageline{
--sl-page:#28292A;--sl-box:#303237;--sl-border:#495763;--sl-text:#FFFFFF;--sl-quiet:#DEE6EB;
--sl-accent:#1FBDD0;--sl-track:#28292A;--sl-hover:#383B41;--sl-shown:#27434A;--sl-disc:#495763;
--sl-notice-warning:#3D3826;--sl-notice-failed:#412C30;--sl-notice-info:#233C46;
--sl-overlay:rgba(70,70,70,.62);--sl-popup-shadow:#100F0F;--sl-primary:#495763;--sl-primary-hover:#5B6B79;
--sl-waiting:#A59EC4;--sl-unknown:#CCD6DD}
`;
