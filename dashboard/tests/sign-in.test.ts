/** With a token set, the page is let in by a cookie that no script can read. */

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { stage } from "./harness/stage";

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
  const page = await on.open("/ui/sign-in", { forgive: REFUSED });
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
