/** The strip of stages, the delivery card, the chain of traces. */
export const DELIVERY_CSS = `
.stageline .sl-strip{display:flex;flex-wrap:wrap;align-items:stretch;gap:8px;margin-bottom:12px}
.stageline .sl-strip-item{display:flex;align-items:center;gap:8px;min-width:0;max-width:100%}
.stageline .sl-strip-item>.sl-button{align-self:center}
.stageline .sl-strip-arrow{color:var(--sl-unknown);font-size:16px}
.stageline .sl-stage{align-self:stretch;width:214px;min-width:0;background:var(--sl-box);border-radius:5px;border-left-width:5px;border-left-style:solid;box-shadow:var(--sl-shadow);padding:9px 12px 10px}
.stageline .sl-stage-this{box-shadow:0 0 0 2px var(--sl-accent)}
.stageline .sl-stage-head{display:flex;align-items:center;justify-content:space-between;gap:8px}
.stageline .sl-stage-head .sl-tag{margin-left:0}
.stageline .sl-stage-name{font-size:14px;font-weight:500;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.stageline .sl-stage>.sl-status{margin:1px 0}
.stageline .sl-stage-version{min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.stageline .sl-stage-state{display:flex;align-items:center;justify-content:space-between;gap:8px}
.stageline .sl-stage-state>:nth-child(2){flex:none}
.stageline .sl-stage-note{overflow-wrap:anywhere}
.stageline .sl-verdict{display:flex;flex-wrap:wrap;align-items:center;gap:4px 10px;margin-bottom:8px}
.stageline .sl-verdict>.sl-icon{font-size:22px}
.stageline .sl-verdict-word{font-size:22.4px;font-weight:500;line-height:1.3}
.stageline .sl-verdict-time{margin-left:auto;color:var(--sl-quiet)}
.stageline .sl-facts{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));column-gap:32px;margin-bottom:8px}
.stageline .sl-fact{display:grid;grid-template-columns:110px minmax(0,1fr);align-items:center;gap:12px;min-height:40px;border-bottom:1px solid var(--sl-border);padding:4px 0}
.stageline .sl-fact dt{color:var(--sl-quiet);overflow-wrap:anywhere;text-transform:uppercase;font-size:12px}
.stageline .sl-fact dd{overflow-wrap:anywhere}
.stageline .sl-columns{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr);gap:0 12px}
.stageline .sl-chain-link{position:relative;display:flex;gap:12px;padding-bottom:16px}
.stageline .sl-chain-link:last-child{padding-bottom:0}
.stageline .sl-chain-link:not(:last-child)::before{content:'';position:absolute;left:8px;top:20px;bottom:0;width:2px;background:var(--sl-border)}
.stageline .sl-chain-mark{flex:none;width:18px;font-size:18px;margin-top:1px}
.stageline .sl-chain-mark:not([class*=sl-tone]){color:var(--sl-quiet)}
.stageline .sl-chain-body{min-width:0;flex:1}
.stageline .sl-trace{white-space:nowrap}
.stageline .sl-trace .sl-text-button,.stageline .sl-fact .sl-text-button{padding:0;margin:0;font-size:inherit}
@container (max-width:720px){
.stageline .sl-facts,.stageline .sl-columns{grid-template-columns:minmax(0,1fr)}
.stageline .sl-columns{gap:0}
}
@container (max-width:480px){
.stageline .sl-strip{flex-direction:column;gap:6px}
.stageline .sl-strip-item{width:100%}
.stageline .sl-strip-arrow{display:none}
.stageline .sl-stage{width:100%}
.stageline .sl-verdict-word{font-size:18px}
.stageline .sl-verdict-time{margin-left:0;flex-basis:100%}
.stageline .sl-fact{grid-template-columns:84px minmax(0,1fr)}
}
`;
