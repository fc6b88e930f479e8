/** Rows and bars of phases and checks, their details, logs. */
const HATCH = 'repeating-linear-gradient(135deg,transparent 0 4px,var(--sl-box) 4px 7px)';

export const WATERFALL_CSS = `
.stageline .sl-attempts{display:flex;flex-wrap:wrap;gap:6px;margin-bottom:8px}
.stageline .sl-attempt{padding:3px 12px;border-radius:24px;box-shadow:inset 0 0 0 1px var(--sl-border)}
.stageline .sl-attempt:hover{background:var(--sl-hover)}
.stageline .sl-attempt[aria-pressed=true]{background:var(--sl-shown);box-shadow:inset 0 0 0 1px var(--sl-accent)}
.stageline .sl-attempt .sl-status{margin-right:2px;vertical-align:-2px}
.stageline .sl-attempt-line{display:flex;gap:12px;align-items:center;margin:0 0 6px}
.stageline .sl-row{display:grid;grid-template-columns:minmax(0,270px) 112px 64px minmax(120px,1fr);column-gap:12px;align-items:center;padding:5px 0;min-height:34px}
.stageline .sl-row>*{min-width:0}
.stageline .sl-phase{border-top:1px solid var(--sl-border)}
.stageline .sl-axis{min-height:24px;padding:0 0 4px;font-size:12px;font-weight:500;color:var(--sl-quiet);text-transform:uppercase}
.stageline .sl-axis .sl-row-bar{height:18px;text-transform:none;font-weight:400}
.stageline .sl-axis .sl-row-name{padding-left:20px}
.stageline .sl-tick{position:absolute;top:0;padding-left:4px;border-left:1px solid var(--sl-border);line-height:18px;white-space:nowrap}
.stageline .sl-fold{display:flex;align-items:center;gap:8px;min-width:0}
.stageline button.sl-fold:hover .sl-phase-name,.stageline button.sl-fold:hover .sl-check-name{text-decoration:underline}
.stageline .sl-chevron{font-size:12px;color:var(--sl-quiet);transition:transform .1s}
.stageline .sl-chevron-open{transform:rotate(90deg)}
.stageline .sl-invisible{visibility:hidden}
.stageline .sl-phase-name{font-weight:500}
.stageline .sl-check-name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.stageline .sl-check .sl-row-name{padding-left:20px}
.stageline .sl-kind{flex:none;font-size:11px;line-height:18px;padding:0 7px;border-radius:9px;background:var(--sl-track);color:var(--sl-quiet)}
.stageline .sl-row-state{display:flex}
.stageline .sl-axis .sl-row-state{display:block}
.stageline .sl-row-took{text-align:right;font-variant-numeric:tabular-nums}
.stageline .sl-row-bar{position:relative;height:16px;overflow:hidden}
.stageline .sl-row-carried{font-size:12px;line-height:16px;color:var(--sl-quiet)}
.stageline .sl-row-note .sl-text-button{padding:0;margin:0;font-size:12px}
.stageline .sl-row-note{display:flex;flex-wrap:wrap;column-gap:12px;grid-column:1/4;padding-left:20px;font-size:12px;color:var(--sl-quiet);overflow-wrap:anywhere}
.stageline .sl-check .sl-row-note{padding-left:40px}
.stageline .sl-bar{position:absolute;top:2px;height:12px;min-width:2px;border-radius:2px}
.stageline .sl-bar-thin{top:4px;height:8px}
.stageline .sl-bar-waiting::after{content:'';position:absolute;inset:0;background:${HATCH};border-radius:2px}
.stageline .sl-fill-success{background:var(--sl-success)}.stageline .sl-fill-running{background:var(--sl-running)}
.stageline .sl-fill-failed{background:var(--sl-failed)}.stageline .sl-fill-warning{background:var(--sl-warning)}
.stageline .sl-fill-waiting{background:var(--sl-waiting)}.stageline .sl-fill-unknown{background:var(--sl-unknown)}
.stageline .sl-indent{padding-left:20px}
.stageline .sl-check>.sl-indent,.stageline .sl-details{padding-left:40px}
.stageline .sl-check>.sl-message{margin-top:-2px;padding-bottom:6px}
.stageline .sl-details{padding-bottom:8px}
.stageline .sl-figures{display:flex;flex-wrap:wrap;gap:6px 24px;margin:6px 0}
.stageline .sl-objectives{margin:6px 0;padding:0;list-style:none}
.stageline .sl-objectives li{margin:4px 0;overflow-wrap:anywhere}
.stageline .sl-figures dt{font-size:12px;color:var(--sl-quiet)}
.stageline .sl-figures dd{font-size:15px;font-variant-numeric:tabular-nums}
.stageline .sl-log{padding-bottom:4px}
.stageline .sl-log-text{max-height:320px;overflow:auto;margin:4px 0 6px;padding:10px 12px;border-radius:4px;background:#0F2733;color:#F8FBFB;font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px;line-height:1.5;white-space:pre-wrap;overflow-wrap:anywhere}
@container (max-width:720px){
.stageline .sl-row{grid-template-columns:minmax(0,1fr) auto 56px;row-gap:3px}
.stageline .sl-row-bar{grid-column:1/-1;grid-row:3;height:10px}
.stageline .sl-row-carried{height:auto}
.stageline .sl-row-note{grid-column:1/-1;grid-row:2}
.stageline .sl-bar,.stageline .sl-bar-thin{top:1px;height:8px}
.stageline .sl-axis{display:none}
}
@container (max-width:480px){
.stageline .sl-row{grid-template-columns:minmax(0,1fr) 92px 44px;column-gap:8px}
.stageline .sl-check .sl-row-name{padding-left:8px}
.stageline .sl-row-note,.stageline .sl-indent{padding-left:0}
.stageline .sl-check .sl-row-note,.stageline .sl-check>.sl-indent,.stageline .sl-details{padding-left:8px}
.stageline .sl-check .sl-kind{display:none}
}
`;
