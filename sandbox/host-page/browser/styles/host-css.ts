/**
 * Classes of Argo CD's one bundle that extensions may lean on, and its global rules that reach into them, the
 * killed focus rings included; the page's own controls get theirs back.
 */
export const HOST_CSS = `
*{box-sizing:border-box}
body{margin:0;font:400 16px/1.5 Heebo,'Helvetica Neue',Arial,sans-serif}
body button,body a,body span,body input{outline:none!important}
.cd-layout .host-link:focus-visible,.cd-layout .argo-button:focus-visible,.cd-layout .host-resource:focus-visible,.cd-layout .sidebar a:focus-visible,.cd-layout .sidebar button:focus-visible,.cd-layout .argo-table-list__row:focus-visible,.cd-layout .sliding-panel__close:focus-visible,.cd-layout .top-bar a:focus-visible{outline:2px solid var(--title)!important;outline-offset:2px}
h1,h2{color:var(--link);font-weight:400;margin:0 0 8px}
h1{font-size:23px;font-weight:500} h4{font-size:20px;font-weight:400;margin:20px 0 8px}
a{color:var(--link);text-decoration:none;cursor:pointer}
button{font:inherit;color:inherit;cursor:pointer;appearance:none;border:0;background:none;padding:0}
code{padding:.125rem .3125rem .0625rem;border:1px solid #cacaca;background:#e6e6e6;color:#0a0a0a}
.row{display:flex;flex-flow:row wrap}
.columns{padding:0 .6rem;min-width:0;overflow-wrap:anywhere}
.small-3{flex:0 0 25%;max-width:25%} .small-9{flex:0 0 75%;max-width:75%}
.show-for-sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media (max-width:1023.98px){.show-for-large{display:none!important}}
.argo-container{max-width:1184px;margin:0 auto;padding:1em}
.argo-button{display:inline-block;padding:0 20px;height:36px;line-height:36px;border-radius:24px;font-size:13px;font-weight:500;text-transform:uppercase;white-space:nowrap}
.argo-button--base{background:#6D7F8B;color:#F8FBFB} .argo-button--base:hover{background:#8FA4B1}
.argo-button--base-o{color:#00A2B3;box-shadow:inset 0 0 0 1px #1FBDD0} .argo-button--base-o:hover{background:#00A2B3;color:#fff}
.argo-button[disabled]{opacity:.5;cursor:default}
.white-box{background:var(--box);color:var(--strong);padding:30px;border-radius:4px;font-size:13px;box-shadow:1px 2px 3px rgba(0,0,0,.1)}
.white-box__details-row{min-height:50px;align-items:center;border-bottom:1px solid var(--border)} .white-box__details-row:last-child{border-bottom:0}
.argo-table-list__row{display:flex;align-items:center;gap:16px;min-height:60px;margin-bottom:8px;padding:8px 16px;background:var(--box);color:var(--text);border-radius:4px;font-size:13px;box-shadow:1px 2px 3px rgba(0,0,0,.1)}
.argo-table-list--clickable .argo-table-list__row:hover{background:var(--tint)}
.events-list__event--Normal{border-left:5px solid #18BE94} .events-list__event--Warning{border-left:5px solid #F4C030}
.tabs__nav{border-bottom:1px solid var(--border);margin:0 0 16px;white-space:normal}
.tabs__nav a{display:inline-block;padding:0 16px;line-height:50px;font-size:13px;font-weight:500;text-transform:uppercase;color:var(--active);border-bottom:2px solid transparent}
.tabs__nav a.active{color:var(--strong);border-color:var(--active)}
.tabs__content{padding:16px}
.application-status-panel{flex-wrap:nowrap;overflow-x:auto;background:var(--box);box-shadow:1px 2px 3px rgba(0,0,0,.1)}
.application-status-panel__item{flex:0 0 auto;min-width:250px;max-width:300px;padding:5px 20px;border-left:1px solid var(--border);color:var(--text);font-size:11.2px;line-height:1.2} .application-status-panel__item:first-child{border-left:0}
.application-status-panel__item-value{font-size:2em;font-weight:500;margin-bottom:.5em} .application-status-panel__item-name{margin-bottom:.5em;overflow:hidden;max-height:2.6em}
.application-status-panel__item-value--Failed button,.application-status-panel__item-value--Error button{color:#E96D76}
.application-status-panel__item-value--Succeeded button{color:#18BE94} .application-status-panel__item-value--Running button{color:#0DADEA}
@media (max-width:1024px){.application-status-panel__item{padding:5px 10px}.white-box,.sliding-panel__body,.tabs__content{padding:4px!important}}
`;
