/** The page in the sidebar. What a search leaves out keeps its layout where the browser can do that. */
export const PAGE_CSS = `
.stageline.stageline-page{overflow:auto;padding:16px;background:var(--sl-page)}
.stageline .sl-away{display:none}
@supports (content-visibility:hidden){.stageline .sl-away{display:block;content-visibility:hidden;height:0;margin:0;padding:0;border:0;overflow:hidden}}
.stageline .sl-page-head{display:flex;flex-wrap:wrap;align-items:center;gap:8px 16px;margin-bottom:12px}
.stageline .sl-page-head .sl-title{margin:0}
.stageline .sl-search{flex:0 1 280px;margin:0;padding:0}
.stageline .sl-search input{width:100%;height:32px;margin:0;padding:0 12px;font:inherit;font-size:13px;color:var(--sl-text);background:var(--sl-box);border:1px solid var(--sl-border);border-radius:16px;box-shadow:none}
.stageline .sl-search input::placeholder{color:var(--sl-quiet);opacity:1}
.stageline .sl-pipeline-name{font-size:15px;font-weight:500;text-transform:none;color:var(--sl-text);letter-spacing:0}
.stageline-page .sl-box-head{flex-wrap:wrap}
.stageline .sl-dora{display:flex;flex-wrap:wrap;gap:2px 20px}
.stageline .sl-dora div{display:flex;gap:6px;align-items:baseline}
.stageline .sl-dora dt{font-size:12px;color:var(--sl-quiet)}
.stageline .sl-dora dd{font-weight:500}
.stageline .sl-matrix th .sl-link{text-transform:none;font-size:13px}
.stageline .sl-matrix-state{font-weight:400;text-transform:none}
.stageline .sl-matrix td,.stageline .sl-matrix th{min-width:120px}
.stageline .sl-matrix tbody th{font-size:13px;font-weight:400;text-transform:none;white-space:normal;color:var(--sl-text);vertical-align:top;padding:8px 12px 8px 0}
.stageline .sl-matrix tbody tr:last-child th{border-bottom:0}
.stageline .sl-matrix th:first-child{position:sticky;left:0;background:var(--sl-box);min-width:150px;max-width:300px;vertical-align:bottom}
.stageline .sl-matrix tbody th:first-child{vertical-align:top}
.stageline .sl-matrix-version{font-weight:500;margin-right:8px;overflow-wrap:anywhere}
.stageline .sl-matrix-subject{overflow-wrap:anywhere}
.stageline .sl-matrix td .sl-line{column-gap:6px}
.stageline .sl-matrix .sl-tag{margin:0}
@container (max-width:480px){
.stageline.stageline-page{padding:8px}
.stageline .sl-matrix,.stageline .sl-matrix tbody,.stageline .sl-matrix thead,.stageline .sl-matrix tr{display:block}
.stageline .sl-matrix thead th:first-child{display:none}
.stageline .sl-matrix thead th{display:flex;justify-content:space-between;gap:12px;padding:3px 0;border:0}
.stageline .sl-matrix thead tr{padding-bottom:6px;border-bottom:1px solid var(--sl-border)}
.stageline .sl-matrix tbody tr{padding:8px 0;border-bottom:1px solid var(--sl-border)}
.stageline .sl-matrix tbody tr:last-child{border:0}
.stageline .sl-matrix tbody th:first-child{display:block;position:static;max-width:none;padding:0 0 2px;border:0}
.stageline .sl-matrix tbody td{display:flex;gap:12px;padding:1px 0;border:0}
.stageline .sl-matrix tbody td::before{content:attr(data-label);flex:none;width:84px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;color:var(--sl-quiet)}
}
`;
