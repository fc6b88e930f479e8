/** Argo CD's colours under its theme classes. */
export const THEME_CSS = `
.theme-light{--page:#DEE6EB;--panel:#EFF3F5;--box:#FFFFFF;--border:#DEE6EB;--text:#495763;--strong:#363C4A;--quiet:#6D7F8B;--tint:#F5FBFD;--title:#006F8A;--overlay:rgba(222,222,222,.62);--shadow:#8FA4B1;color-scheme:light}
.theme-dark{--page:#100F0F;--panel:#28292A;--box:#303237;--border:#495763;--text:#DEE6EB;--strong:#FFFFFF;--quiet:#EFF3F5;--tint:#6D7F8B;--title:#1FBDD0;--overlay:rgba(70,70,70,.62);--shadow:#100F0F;color-scheme:dark}
.theme-light,.theme-dark{--link:#00A2B3;--active:#1FBDD0;min-height:100vh;background:var(--page);color:var(--text)}
`;
