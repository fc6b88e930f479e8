/** What stands in the host's own boxes: the status panel's item and its flyout. */
export const HOST_CSS = `
.stageline.stageline-item{container-type:normal;font-size:11.2px;line-height:1.2}
.stageline .sl-item-label,.stageline-item .sl-item-label{display:flex;align-items:center;justify-content:space-between;gap:8px;font-size:12px;font-weight:600;line-height:18px;color:var(--sl-quiet)}
.stageline-item .sl-item-value{display:flex;align-items:center;gap:6px;white-space:nowrap}
.stageline-item .sl-item-name{margin:0 0 .5em;color:var(--sl-quiet)}
.stageline .sl-more{width:24px;height:18px;border-radius:9px;line-height:10px;font-weight:700;text-align:center;box-shadow:inset 0 0 0 1px var(--sl-unknown);color:var(--sl-quiet)}
.stageline-flyout{padding:4px 0}
`;
