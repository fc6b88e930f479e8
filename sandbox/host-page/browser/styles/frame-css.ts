/** Sidebar, notice, top bar, sliding panels. */
export const FRAME_CSS = `
.cd-layout{display:grid;grid-template:24px 1fr/230px 1fr;min-height:100vh}
.cd-layout--collapsed{grid-template-columns:60px 1fr}
.cd-layout__content{min-width:0}
.host-notice{grid-column:1/-1;position:sticky;top:0;z-index:21;height:24px;line-height:24px;margin:0;padding:0 16px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;background:#FFF3CD;color:#4D3B00;font-size:13px;text-align:center}
.sidebar{position:sticky;top:24px;height:calc(100vh - 24px);overflow:auto;z-index:2;display:flex;flex-direction:column;background:#0F2733;color:#CCD6DD;padding:16px 0;font-size:13px}
.sidebar__title{padding:0 20px 16px;font-size:20px;color:#fff;overflow:hidden}
.sidebar__link{display:flex;gap:10px;align-items:center;padding:10px 20px;color:#CCD6DD;overflow:hidden;white-space:nowrap} .sidebar__link.active{color:#fff;background:rgba(255,255,255,.08)} .sidebar__link.active i{color:#FE733F}
.sidebar__end{margin-top:auto;display:flex;flex-direction:column;gap:10px;padding:16px 20px;align-items:flex-start} .cd-layout--collapsed .sidebar__end{padding:16px 4px;font-size:12px} .cd-layout--collapsed .sidebar__link span{display:none}
.host-extension-icon{display:inline-block;width:.9em;height:.9em;border:2px solid currentColor;border-radius:3px;transform:rotate(45deg) scale(.75);flex:none}
.page__top-bar{position:sticky;top:24px;z-index:9;display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center;justify-content:space-between;min-height:50px;padding:7px 20px;background:var(--box);border-bottom:1px solid var(--border);font-size:13px;text-transform:uppercase}
.host-actions{display:flex;flex-wrap:wrap;gap:6px;align-items:center}
.host-failure{text-transform:none;color:#C4323B;flex-basis:100%} .theme-dark .host-failure{color:#FF9AA2}
.sliding-panel__outside{position:fixed;inset:0;z-index:20;background:var(--overlay)}
.sliding-panel__wrapper{position:fixed;z-index:20;top:24px;right:0;bottom:0;width:80%;display:flex;flex-direction:column;background:var(--panel);color:var(--strong);box-shadow:-3px 0 12px var(--shadow)}
@media (max-width:1023.98px){.sliding-panel__wrapper{width:90%}}
.sliding-panel--is-middle .sliding-panel__wrapper{width:600px;max-width:100%}
.sliding-panel__close{position:absolute;top:10px;right:14px;z-index:1;width:32px;height:32px;border-radius:50%;font-size:24px;line-height:1;color:var(--quiet)}
.sliding-panel__header{padding:16px 60px 0 30px;display:flex;flex-wrap:wrap;gap:8px 16px;justify-content:space-between}
.sliding-panel__body{flex:1;overflow:auto;padding:30px}
.host-system-page{padding-top:50px;overflow:hidden}
.host-icon{width:1em;height:1em;vertical-align:-.12em;flex:none} .host-icon--spins{animation:host-spin 2s linear infinite}
@keyframes host-spin{to{transform:rotate(360deg)}}
@media (prefers-reduced-motion:reduce){.host-icon--spins{animation:none}}
`;
