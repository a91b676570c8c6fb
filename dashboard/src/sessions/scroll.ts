/** Where the list was left, for coming back to it; a reloaded tab comes back to it too. */

const KEY = "agent-runtime scroll";

let scroll: number | undefined;

/** Pixels from the top. */
export function readScroll(): number {
  scroll ??= Number(sessionStorage.getItem(KEY) ?? 0);
  return Number.isFinite(scroll) ? scroll : 0;
}

/** Notes the place; written down when the page is left. */
export function writeScroll(pixels: number): void {
  scroll = pixels;
}

window.addEventListener("pagehide", () => {
  if (scroll !== undefined) sessionStorage.setItem(KEY, String(scroll));
});
