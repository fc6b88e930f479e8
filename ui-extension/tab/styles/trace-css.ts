/** A trace: its rows of one height each, which components/span-list.tsx knows too, and the details of a span. */
export const TRACE_CSS = `
.stageline .sl-trace-head{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:8px 16px;margin-bottom:12px}
.stageline h2.sl-title:focus{outline:0!important}
.stageline .sl-trace-id{margin:-8px 0 12px;display:flex;flex-wrap:wrap;align-items:center;gap:2px 6px}
.stageline .sl-led-to{margin-left:12px}
.stageline p.sl-trace-source{margin:0 0 12px}
.stageline .sl-trace-source .sl-text-button{padding:0;font-size:12px}
.stageline p.sl-trace-facts{column-gap:20px;margin-bottom:10px}
.stageline .sl-trace-tools{display:flex;flex-wrap:wrap;align-items:center;gap:8px 12px;margin-bottom:12px}
.stageline .sl-choices{display:flex;flex-wrap:wrap;gap:6px}
.stageline .sl-spans{position:relative;max-height:min(62vh,616px);overflow-y:auto;overflow-x:hidden;overscroll-behavior:contain;border-top:1px solid var(--sl-border);border-bottom:1px solid var(--sl-border)}
.stageline .sl-spans:focus-visible{outline-offset:0}
.stageline .sl-spans>p{padding:12px 0}
.stageline .sl-spans-all{position:relative;contain:strict}
.stageline .sl-span-row{display:grid;grid-template-columns:minmax(0,38%) 64px minmax(0,1fr);column-gap:12px;align-items:center}
.stageline [role=treeitem]{position:absolute;left:0;right:0;height:28px;padding-right:4px;cursor:pointer;contain:layout style}
.stageline [role=treeitem]:hover{background:var(--sl-hover)}
.stageline .sl-span-row.sl-span-chosen{background:var(--sl-shown)}
.stageline .sl-spans:focus-visible .sl-span-chosen{box-shadow:inset 3px 0 0 var(--sl-accent)}
.stageline .sl-span-axis{font-size:12px;font-weight:500;color:var(--sl-quiet);text-transform:uppercase;padding:0 4px 4px 0}
.stageline .sl-span-axis>:first-child{padding-left:20px}
.stageline .sl-span-axis .sl-span-bar{height:18px;text-transform:none;font-weight:400}
.stageline .sl-span-name{display:flex;align-items:center;gap:6px;min-width:0;white-space:nowrap}
.stageline .sl-span-label{overflow:hidden;text-overflow:ellipsis}
.stageline .sl-span-faded .sl-span-label{color:var(--sl-quiet);font-style:italic}
.stageline .sl-span-fold{flex:none;width:16px;line-height:28px;text-align:center}
.stageline .sl-span-took{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.stageline .sl-span-bar{position:relative;height:16px;overflow:hidden}
.stageline .sl-critical{position:absolute;bottom:0;height:4px;min-width:2px;background:var(--sl-text)}
.stageline .sl-legend{display:flex;align-items:center;gap:8px;margin:8px 0}
.stageline .sl-legend-mark{position:static;width:24px}
.stageline .sl-span-details{border-top:1px solid var(--sl-border);padding-top:12px}
.stageline .sl-span-details h3{margin:12px 0 4px}
.stageline .sl-pairs>div{display:grid;grid-template-columns:minmax(0,260px) minmax(0,1fr);gap:12px;padding:4px 0;border-bottom:1px solid var(--sl-border)}
.stageline .sl-pairs dt{color:var(--sl-quiet);overflow-wrap:anywhere}
.stageline .sl-pairs dd{overflow-wrap:anywhere;white-space:pre-wrap}
.stageline .sl-spans-narrow .sl-span-axis{display:none}
.stageline .sl-spans-narrow [role=treeitem]{height:46px;grid-template-columns:minmax(0,1fr) 60px;grid-template-rows:24px 16px;row-gap:2px;align-content:center}
.stageline .sl-spans-narrow .sl-span-bar{grid-column:1/-1}
.stageline .sl-spans-narrow .sl-span-fold{line-height:24px}
@container (max-width:480px){
.stageline .sl-led-to{margin-left:0;flex-basis:100%}
.stageline .sl-pairs>div{grid-template-columns:minmax(0,1fr);gap:0}
}
`;
