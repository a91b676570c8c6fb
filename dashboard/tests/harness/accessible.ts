/** What axe finds wrong with a page. */

import axe from "axe-core";
import type { Page } from "playwright-core";

/** Violations, each with what it is about; none, it is hoped. Wants a page opened with `bypassCSP`. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
}
