/** Text, links, buttons, cards, tables: the host's measures, and resets of what its global rules do to elements. */
export const BASE_CSS = `
.stageline{container-type:inline-size;color:var(--sl-text);font-size:13px;line-height:1.5;text-align:left}
.stageline *,.stageline *::before,.stageline *::after{box-sizing:border-box}
.stageline h2,.stageline h3,.stageline p,.stageline ul,.stageline ol,.stageline li,.stageline dl,.stageline dt,.stageline dd,.stageline pre{
margin:0;padding:0;font-size:inherit;line-height:inherit;list-style:none;color:inherit}
.stageline dt{font-weight:400}
.stageline h2.sl-title{font-size:20px;font-weight:500;margin:0 0 12px;color:var(--sl-text);overflow-wrap:anywhere}
.stageline h3{font-size:12px;font-weight:600;text-transform:uppercase;letter-spacing:.02em;color:var(--sl-quiet)}
.stageline strong{font-weight:500}
.stageline button{font:inherit;color:inherit;background:none;border:0;margin:0;padding:0;text-align:inherit;cursor:pointer;line-height:inherit;box-shadow:none}
.stageline button[disabled]{cursor:default;opacity:.5}
.stageline .sl-link,.stageline .sl-text-button{color:var(--sl-accent);text-decoration:none;font-weight:500}
.stageline .sl-link:hover,.stageline .sl-text-button:hover{text-decoration:underline}
.stageline .sl-text-button{font-size:13px;padding:4px 0;margin-right:12px}
.stageline .sl-button{border-radius:24px;padding:0 15px;font-size:13px;line-height:28px;text-transform:uppercase;white-space:nowrap;color:var(--sl-accent);box-shadow:inset 0 0 0 1px var(--sl-accent)}
.stageline .sl-button:hover:not([disabled]){background:var(--sl-accent);color:var(--sl-box)}
.stageline .sl-icon-button{display:inline-flex;align-items:center;justify-content:center;width:24px;height:24px;vertical-align:middle;border-radius:4px;color:var(--sl-quiet)}
.stageline .sl-icon-button:hover{background:var(--sl-track);color:var(--sl-accent)}
.stageline :focus-visible{outline:2px solid var(--sl-accent)!important;outline-offset:2px;border-radius:2px}
.stageline [tabindex="-1"]:focus{outline:0!important}
.stageline .sl-hidden{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.stageline .sl-quiet{color:var(--sl-quiet);font-size:12px}
.stageline .sl-mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px}
.stageline .sl-break{overflow-wrap:anywhere}
.stageline code{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px;color:inherit;background:var(--sl-track);border:0;padding:1px 4px;border-radius:4px}
.stageline .sl-icon{width:1em;height:1em;fill:currentColor;flex:none;vertical-align:-.125em;display:inline-block}
.stageline .sl-icon-small{width:.75em;height:.75em;margin-left:4px;vertical-align:0}
.stageline .sl-status{display:inline-flex;align-items:center;gap:6px}
.stageline .sl-status .sl-icon{font-size:14px}
.stageline .sl-tag{display:inline-block;padding:0 7px;border-radius:9px;font-size:11px;font-weight:500;line-height:18px;white-space:nowrap;background:var(--sl-shown);color:var(--sl-text)}
.stageline .sl-box{background:var(--sl-box);border-radius:4px;box-shadow:var(--sl-shadow);padding:16px 20px 18px;margin-bottom:12px;border-left:5px solid transparent;min-width:0;content-visibility:auto;contain-intrinsic-size:auto 240px}
.stageline .sl-box-head{display:flex;align-items:center;justify-content:space-between;gap:12px;min-height:28px;margin-bottom:6px}
.stageline .sl-notice{display:flex;align-items:center;gap:16px;border-radius:4px;border-left:5px solid var(--sl-running);background:var(--sl-notice-info);padding:10px 16px;margin-bottom:12px}
.stageline .sl-notice-warning{border-left-color:var(--sl-warning);background:var(--sl-notice-warning)}
.stageline .sl-notice-failed{border-left-color:var(--sl-failed);background:var(--sl-notice-failed)}
.stageline .sl-notice-text{flex:1;min-width:0;overflow-wrap:anywhere}
.stageline .sl-line{display:flex;flex-wrap:wrap;align-items:center;column-gap:12px;row-gap:2px}
.stageline .sl-subject{overflow-wrap:anywhere}
.stageline .sl-list-item+.sl-list-item{border-top:1px solid var(--sl-border);margin-top:10px;padding-top:10px}
.stageline .sl-message{color:var(--sl-text);white-space:pre-wrap;overflow-wrap:anywhere;margin:4px 0}
.stageline .sl-clamp{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:4;overflow:hidden}
.stageline .sl-table-wrap{overflow-x:auto}
.stageline .sl-table{width:100%;border-collapse:collapse;margin:0;background:none;border:0}
.stageline .sl-table thead,.stageline .sl-table tbody,.stageline .sl-table tr{background:none;border:0;color:inherit}
.stageline .sl-table th{font-size:12px;font-weight:500;text-transform:uppercase;text-align:left;color:var(--sl-quiet);padding:6px 12px 6px 0;white-space:nowrap;border-bottom:1px solid var(--sl-border)}
.stageline .sl-table td{font-size:13px;padding:8px 12px 8px 0;vertical-align:top;border-bottom:1px solid var(--sl-border);overflow-wrap:break-word}
.stageline .sl-table .sl-tag{margin-left:8px}
.stageline .sl-table td .sl-text-button{padding:0;margin:0}
.stageline .sl-table td.sl-mono{font-size:12px}
.stageline .sl-table tbody tr:last-child td{border-bottom:0}
.stageline .sl-table .sl-row-shown{background:var(--sl-shown)}
.stageline .sl-history td:first-child,.stageline .sl-history th:first-child{padding-left:8px}
.stageline .sl-history td:nth-child(1),.stageline .sl-history td:nth-child(2),.stageline .sl-history td:nth-child(5),.stageline .sl-history td:nth-child(6){white-space:nowrap}
.stageline .sl-history td:nth-child(3),.stageline .sl-history td:nth-child(4){overflow-wrap:anywhere;min-width:110px}
.stageline .sl-history .sl-subject{margin-left:4px}
.stageline .sl-history .sl-tag{margin-left:-7px}
.stageline .sl-pages{display:flex;align-items:center;justify-content:flex-end;gap:12px;margin-top:12px}
.stageline .sl-empty{text-align:center;padding:40px 16px;max-width:520px;margin:0 auto}
.stageline .sl-empty h3{font-size:20px;font-weight:400;text-transform:none;color:var(--sl-text);margin:16px 0 8px;letter-spacing:0}
.stageline .sl-empty-disc{display:inline-flex;align-items:center;justify-content:center;width:120px;height:120px;border-radius:50%;background:var(--sl-disc);color:#fff;font-size:72px}
.stageline .sl-skeleton div{background:var(--sl-box);border-radius:4px;margin-bottom:12px;animation:sl-pulse 1.6s ease-in-out infinite}
.stageline .sl-skeleton-strip{height:104px;max-width:520px}.stageline .sl-skeleton-box{height:170px}
.stageline .sl-tone-success{color:var(--sl-success)}.stageline .sl-tone-running{color:var(--sl-running)}
.stageline .sl-tone-failed{color:var(--sl-failed)}.stageline .sl-tone-warning{color:var(--sl-warning)}
.stageline .sl-tone-waiting{color:var(--sl-waiting)}.stageline .sl-tone-unknown{color:var(--sl-unknown)}
.stageline .sl-edge-success{border-left-color:var(--sl-success)}.stageline .sl-edge-running{border-left-color:var(--sl-running)}
.stageline .sl-edge-failed{border-left-color:var(--sl-failed)}.stageline .sl-edge-warning{border-left-color:var(--sl-warning)}
.stageline .sl-edge-waiting{border-left-color:var(--sl-waiting)}.stageline .sl-edge-unknown{border-left-color:var(--sl-unknown)}
.stageline .sl-spin{animation:sl-turn 2s linear infinite}
@keyframes sl-turn{to{transform:rotate(360deg)}}
@keyframes sl-pulse{50%{opacity:.55}}
@media (prefers-reduced-motion:reduce){.stageline *{animation:none!important;transition:none!important}}
@container (max-width:480px){
.stageline .sl-box{padding:12px 12px 14px}
.stageline h2.sl-title{font-size:16px;margin-bottom:8px}
.stageline .sl-notice{flex-wrap:wrap;gap:8px;padding:10px 12px}
.stageline .sl-notice-text{flex-basis:100%}
.stageline .sl-history thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.stageline .sl-history tr{display:grid;grid-template-columns:minmax(0,1fr) auto;column-gap:12px;padding:8px 0;border-bottom:1px solid var(--sl-border)}
.stageline .sl-history .sl-row-shown{margin:0 -12px;padding:8px 12px}
.stageline .sl-history td,.stageline .sl-history td:first-child{display:block;padding:1px 0;border:0;min-width:0}
.stageline .sl-history td:nth-child(2),.stageline .sl-history td:nth-child(5){text-align:right}
.stageline .sl-history td:nth-child(3){grid-column:1/-1}
.stageline .sl-history td:nth-child(6){grid-column:1/-1}
}
`;
