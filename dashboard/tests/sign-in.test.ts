/** With a token set, the page is let in by a cookie that no script can read. */

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { AWAY, stage } from "./harness/stage";

const TOKEN = "Sesame-0123456789";
const on = stage({ token: TOKEN });

/** Until it has signed in, the page is refused what it asks for. */
const REFUSED = [/status of 401/, /WebSocket connection to .* failed/];

/** Asks as the page's own scripts do. */
async function ask(page: Page, method: string, path: string, body?: unknown): Promise<number> {
  return page.evaluate(
    async ([method, path, body]) => {
      const headers = { "content-type": "application/json" };
      return (await fetch(path, body === undefined ? { method } : { method, body, headers })).status;
    },
    [method, path, body === undefined ? undefined : JSON.stringify(body)] as const,
  );
}

/** What the page's socket gets first. */
async function listen(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const socket = new WebSocket(`ws://${location.host}/ws`);
    return new Promise<string>((resolve) => {
      socket.onmessage = (message) => {
        socket.close();
        resolve((JSON.parse(String(message.data)) as { type: string }).type);
      };
      socket.onerror = () => {
        resolve("refused");
      };
    });
  });
}

test("the page itself needs no token, and a cookie opens all else until it is given up", async () => {
  const page = await on.open("/ui/sign-in", { forgive: [...REFUSED, ...AWAY] });
  expect(await ask(page, "GET", "/sessions")).toBe(401);
  expect(await listen(page)).toBe("refused");
  expect(await ask(page, "POST", "/sign-in", { token: "not-the-token" })).toBe(401);
  expect(await ask(page, "GET", "/sessions")).toBe(401);

  expect(await ask(page, "POST", "/sign-in", { token: TOKEN })).toBe(200);
  expect(await ask(page, "GET", "/sessions")).toBe(200);
  expect(await ask(page, "POST", "/sessions", { session_id: "s", session_name: "n" })).toBe(200);
  expect(await listen(page)).toBe("init");
  expect(await page.evaluate(() => document.cookie)).toBe("");

  await on.server.kill();
  await on.server.again();
  expect(await ask(page, "GET", "/sessions")).toBe(200);

  expect(await ask(page, "POST", "/sign-out")).toBe(200);
  expect(await ask(page, "GET", "/sessions")).toBe(401);
  expect(await listen(page)).toBe("refused");
});

test("who is not let in is asked for the token where they are, and goes on there; and may sign out", async () => {
  await on.server.request("POST", "/sessions", { session_id: "s", session_name: "Behind the door" });
  const page = await on.open("/ui/?q=door", { forgive: REFUSED });
  await page.getByLabel("Token").fill("not-the-token");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("This is not the server's token.").waitFor();
  await page.getByLabel("Token").fill(TOKEN);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Behind the door" }).waitFor();
  expect(new URL(page.url()).search).toBe("?q=door");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Token").waitFor();
  expect(await page.getByRole("link", { name: "Behind the door" }).count()).toBe(0);
  await page.reload();
  await page.getByLabel("Token").waitFor();
});
