/** The list of applications, an application's resources, panels' contents. */
export const DETAILS_CSS = `
.host-quiet{color:var(--quiet)} .host-link{color:var(--link);text-align:left}
.host-note{padding:40px 16px;text-align:center}
.host-app{border-left:5px solid #CCD6DD} .host-app--Healthy{border-color:#18BE94} .host-app--Progressing{border-color:#0DADEA} .host-app--Degraded{border-color:#E96D76} .host-app--Missing{border-color:#F4C030} .host-app--Suspended{border-color:#766F94}
.host-app>span{display:flex;flex-direction:column;min-width:0;overflow:hidden;text-overflow:ellipsis} .host-app__name{flex:1 1 180px;font-size:15px} .host-app__source{flex:2 1 260px} .host-app__source span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap} .host-app__status{flex:0 0 120px} .host-app__operation{flex:1 1 160px;flex-direction:row!important;align-items:center;gap:4px}
@media (max-width:800px){.host-app__source,.host-app__operation{display:none!important}}
.host-block-label{font-size:12px;font-weight:600;line-height:19.5px;color:var(--quiet);text-transform:uppercase}
.host-revision{font-size:13px;font-weight:400}
.host-views{display:flex;gap:16px;padding:8px 20px;font-size:13px}
.application-details__tree{padding:1em}
.host-resources{list-style:none;margin:0;padding:0} .host-resources li{margin-bottom:6px;max-width:760px}
.host-resource{display:grid;grid-template-columns:130px minmax(0,1fr) auto 110px;gap:12px;align-items:center;width:100%;min-height:40px;padding:4px 14px;text-align:left;font-size:13px;background:var(--box);border-radius:4px;box-shadow:1px 2px 3px rgba(0,0,0,.1)} .host-resource:hover{background:var(--tint)}
.host-resource__kind{color:var(--quiet)} .host-resource__name{overflow-wrap:anywhere;font-weight:500} .host-resource__age{font-size:12px;text-align:right}
.host-tag{margin-left:6px;padding:1px 6px;border-radius:3px;background:var(--page);font-size:12px}
.application-details__tree{container-type:inline-size}
@container (max-width:520px){.host-resource{grid-template-columns:1fr auto}.host-resource__kind{grid-column:1/-1}.host-resource__age{display:none}}
@container (max-width:200px){.host-resources li{margin-left:0!important}.host-resource{display:block}}
.host-manifest{margin:16px 0 0;padding:16px;overflow:auto;max-height:60vh;font:12px/1.5 ui-monospace,Menlo,Consolas,monospace;background:var(--box);border-radius:4px}
.host-message{white-space:pre-wrap;overflow-wrap:anywhere}
.host-table{width:100%;border-collapse:collapse;font-size:13px;background:var(--box)} .host-table th{font-size:12px;font-weight:500;text-transform:uppercase;text-align:left;color:var(--quiet)} .host-table th,.host-table td{padding:8px;border-bottom:1px solid var(--border);overflow-wrap:anywhere}
.host-history{display:flex;flex-wrap:wrap;margin-bottom:10px;border-radius:5px;background:var(--box);font-size:13px;box-shadow:1px 1px 3px #8FA4B1} .host-history__left{flex:1 1 240px;padding:12px;background:var(--panel)} .host-history__right{flex:3 1 300px;padding:12px}
`;
