/** Registers the sidebar's page when the host listens: it takes such a registration as an event and keeps none. */

/**
 * Calls `register` once the host has drawn itself: from 3.5 on it renders after extensions were loaded, and one
 * that registers before is lost.
 */
export function whenHostIsDrawn(register: () => void): void {
  const root = document.getElementById('app');
  if (root === null || root.childElementCount > 0) {
    register();
    return;
  }
  const observer = new MutationObserver(() => {
    if (root.childElementCount === 0) return;
    observer.disconnect();
    register();
  });
  observer.observe(root, { childList: true });
}
