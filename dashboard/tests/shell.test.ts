/** What is around every view: keys, colours, small screens, and what those need who do not see it. */

import { expect, test } from "vitest";

import { violations } from "./harness/accessible";
import { playRecordedRun, runThatAsks } from "./harness/recording";
import { stage } from "./harness/stage";

const on = stage();

async function fill(): Promise<string> {
  const recorded = await playRecordedRun(on.server);
  for (const id of ["one", "two"]) {
    for (const document of runThatAsks(id)) await on.server.hook("claude-code", document);
  }
  return recorded;
}

test("keys go through the list, open a session and lead back; all are listed", async () => {
  await fill();
  const page = await on.open("/ui/");
  await page.locator(".row").nth(1).waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-session") ?? "");
  await page.keyboard.press("j");
  await expect.poll(focused).not.toBe("");
  const first = await focused();
  await page.keyboard.press("j");
  await expect.poll(focused).not.toBe(first);
  await page.keyboard.press("k");
  await expect.poll(focused).toBe(first);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/ui/session/${first}`);
  // The address is first; until the view is there, keys belong to the list.
  await page.locator(".session").waitFor();
  await page.keyboard.press("Escape");
  await page.waitForURL("**/ui/");
  // Back where it was left.
  await expect.poll(focused).toBe(first);
  await page.keyboard.press("/");
  await page.keyboard.type("jk?");
  expect(await page.getByRole("searchbox").inputValue()).toBe("jk?");
  await page.keyboard.press("Escape");
  await expect.poll(() => page.getByRole("searchbox").inputValue()).toBe("");
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keys" });
  await dialog.getByText("Next session").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
});

test("the chosen colours are there before the page is, and in every tab", async () => {
  const page = await on.open("/ui/connect", { colorScheme: "light" });
  const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await colour();
  await page.getByLabel("Colours").selectOption("dark");
  await expect.poll(colour).not.toBe(light);
  const dark = await colour();
  // Without the page's own script, only what comes before it can have done it.
  await page.route("**/assets/**", (route) => route.abort());
  await page.reload();
  on.takeFaults();
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  const other = await on.open("/ui/connect", { beside: page });
  expect(await other.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(dark);
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 375]) {
    test(`axe finds nothing, and nothing sticks out: ${colorScheme}, ${width} px`, async () => {
      await fill();
      const page = await on.open("/ui/", { colorScheme, viewport: { width, height: 720 }, bypassCSP: true });
      await page.locator(".row").nth(1).waitFor();
      for (const path of ["/ui/", "/ui/connect", "/ui/sign-in"]) {
        await page.goto(on.server.url + path);
        await page.getByRole("heading", { level: 1 }).waitFor({ state: "attached" });
        await page.getByText("Live", { exact: true }).waitFor();
        expect(await violations(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
      }
    });
  }
}
