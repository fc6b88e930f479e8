/** What waits for a decision, and the dialog that asks once more. Measures of the host's popups. */
export const DECISION_CSS = `
.stageline .sl-decision{display:flex;flex-wrap:wrap;align-items:center;gap:8px 16px;margin:4px 0 12px;padding:10px 12px;border-radius:4px;background:var(--sl-track)}
.stageline .sl-decision-text{flex:1 1 320px;min-width:0;overflow-wrap:anywhere}
.stageline .sl-decision-buttons{display:flex;flex-wrap:wrap;align-items:center;gap:8px}
.stageline .sl-button-primary{background:var(--sl-primary);color:#fff;box-shadow:none}
.stageline .sl-button-primary:hover:not([disabled]):not([aria-disabled=true]){background:var(--sl-primary-hover);color:#fff}
.stageline button[aria-disabled=true]{cursor:default;background:none;color:var(--sl-quiet);box-shadow:inset 0 0 0 1px var(--sl-border)}
.stageline button[aria-disabled=true]:hover{background:none!important;color:var(--sl-quiet)!important}
.stageline.sl-overlay{container-type:normal;position:fixed;inset:0;z-index:200;display:flex;align-items:center;justify-content:center;padding:16px}
.stageline .sl-backdrop{position:absolute;inset:0;background:var(--sl-overlay)}
.stageline .sl-dialog{position:relative;width:520px;min-width:0;max-width:100%;max-height:100%;overflow:auto;border-radius:8px;background:var(--sl-box);box-shadow:3px 3px 20px var(--sl-popup-shadow)}
.stageline h2.sl-dialog-title{margin:0;padding:16px 20px;font-size:16px;font-weight:500;background:var(--sl-page);color:var(--sl-text);overflow-wrap:anywhere}
.stageline .sl-dialog-body{padding:16px 20px 4px;overflow-wrap:anywhere}
.stageline .sl-dialog-body p{margin-bottom:12px}
.stageline .sl-dialog-buttons{display:flex;justify-content:flex-end;gap:8px;padding:0 20px 16px}
@container (max-width:480px){
.stageline .sl-decision-buttons{width:100%}
}
`;
