/** The page's colours, for what is drawn rather than styled. */

/** The colour of this name where the element stands, in the theme that holds there. */
export function colourOf(element: HTMLElement, name: string): string {
  // `light-dark()` is resolved only in a property that takes a colour, so it is set as one and read back.
  const former = element.style.color;
  element.style.color = `var(--${name})`;
  const colour = getComputedStyle(element).color;
  element.style.color = former;
  return colour;
}
