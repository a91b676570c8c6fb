/** Where the list was left, for coming back to it; a reloaded tab comes back to it too. */

import type { VirtualItem } from "@tanstack/react-virtual";

const KEY = "agent-runtime scroll";

let scroll: number | undefined;
let sizes: VirtualItem[] = [];
let chosen: string | undefined;

/** Pixels from the top. */
export function readScroll(): number {
  scroll ??= Number(sessionStorage.getItem(KEY) ?? 0);
  return Number.isFinite(scroll) ? scroll : 0;
}

/** Notes the place; written down when the page is left. */
export function writeScroll(pixels: number): void {
  scroll = pixels;
}

/** How high the lines were, without which a place in pixels is another line. */
export function readSizes(): VirtualItem[] {
  return sizes;
}

/** The line that was chosen. */
export function readChosen(): string | undefined {
  return chosen;
}

/** Notes how the list is left. */
export function writeLeft(left: { readonly sizes: VirtualItem[]; readonly chosen: string | undefined }): void {
  ({ sizes, chosen } = left);
}

window.addEventListener("pagehide", () => {
  if (scroll !== undefined) sessionStorage.setItem(KEY, String(scroll));
});
