/** Notifications: asked for, ten seconds after a session began to need its person, one for all tabs. */

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { runThatAsks } from "./harness/recording";
import { stage } from "./harness/stage";

const on = stage();

/** In place of the browser's notifications, which nobody could look at here. */
async function noteCalls(page: Page): Promise<void> {
  await page.clock.install();
  await page.context().addInitScript(() => {
    // A tab that nobody sees gets hardly any of what repeats itself.
    window.setInterval = (() => 0) as unknown as typeof window.setInterval;
    const calls: string[] = [];
    const noted = class {
      static readonly permission = "granted";
      static readonly requestPermission = () => Promise.resolve("granted");
      readonly title: string;
      constructor(title: string, { body }: { body: string }) {
        this.title = title;
        if (title === "refused") throw new TypeError("Illegal constructor");
        calls.push(`${title}: ${body}`);
      }
    };
    Object.assign(window, { calls, Notification: noted });
  });
  await page.reload();
}

const calls = (page: Page) => page.evaluate(() => (window as unknown as { calls: string[] }).calls);

test("a session that waits calls once, in one tab, after ten seconds", async () => {
  await on.server.request("POST", "/sessions", { session_id: "s", session_name: "Something" });
  const page = await on.open("/ui/");
  await noteCalls(page);
  await page.getByRole("button", { name: "Notify me" }).click();
  await page.getByRole("button", { name: "Notifications on" }).waitFor();
  const other = await on.open("/ui/", { beside: page });
  await other.getByRole("button", { name: "Notifications on" }).waitFor();
  for (const document of runThatAsks("one")) await on.server.hook("claude-code", document);
  for (const tab of [page, other]) {
    await expect
      .poll(async () => {
        await tab.clock.runFor(1000);
        return tab.title();
      })
      .toMatch(/^\(1\)/);
  }
  expect([...(await calls(page)), ...(await calls(other))]).toEqual([]);
  for (const tab of [page, other]) await tab.clock.runFor(15_000);
  const name = "Mend the front page, then push it.";
  await expect
    .poll(async () => [...(await calls(page)), ...(await calls(other))])
    .toEqual([`${name}: asks for permission: Bash: git push origin main`]);
  for (const tab of [page, other]) await tab.clock.runFor(60_000);
  expect([...(await calls(page)), ...(await calls(other))]).toHaveLength(1);
});

test("a muted project calls nobody", async () => {
  await on.server.request("POST", "/sessions", { session_id: "s", session_name: "Something" });
  for (const id of ["muted", "loud"]) await on.server.request("POST", "/sessions", { session_id: id, session_name: id, project_dir: `/work/${id}` });
  const page = await on.open("/ui/?project=%2Fwork%2Fmuted");
  await page.getByRole("button", { name: "Mute muted" }).first().click();
  await page.goto(`${on.server.url}/ui/`);
  await noteCalls(page);
  await page.getByRole("button", { name: "Notify me" }).click();
  for (const id of ["muted", "loud"])
    for (const document of runThatAsks(`asks-${id}`, `/work/${id}`)) await on.server.hook("claude-code", document);
  await expect
    .poll(async () => {
      await page.clock.runFor(1000);
      return page.title();
    })
    .toMatch(/^\(1\)/);
  await page.clock.runFor(60_000);
  await expect.poll(() => calls(page)).toHaveLength(1);
});

test("a browser that has notifications and refuses them is said to", async () => {
  await on.server.request("POST", "/sessions", { session_id: "s", session_name: "Something" });
  const page = await on.open("/ui/");
  await noteCalls(page);
  await page.getByRole("button", { name: "Notify me" }).click();
  for (const document of runThatAsks("one")) await on.server.hook("claude-code", document);
  await on.server.request("PATCH", "/sessions/one/metadata", { session_name: "refused" });
  await expect
    .poll(async () => {
      await page.clock.runFor(1000);
      return page.title();
    })
    .toMatch(/^\(1\)/);
  await page.clock.runFor(10_000);
  await page.getByRole("button", { name: "Notifications are blocked" }).waitFor();
  expect(await calls(page)).toEqual([]);
});
