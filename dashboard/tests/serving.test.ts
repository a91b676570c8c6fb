/** How the page comes into the browser. */

import { expect, test } from "vitest";

import { stage } from "./harness/stage";

const on = stage();

test("the address of the server leads to the page", async () => {
  const page = await on.open("/");
  expect(new URL(page.url()).pathname).toMatch(/^\/ui\//);
  await page.getByText("Agent Runtime").first().waitFor();
});

test("a link into the page opens it", async () => {
  const page = await on.open("/ui/overview");
  await page.getByText("Agent Runtime").first().waitFor();
});

test("the policy lets the page listen to its own server", async () => {
  const page = await on.open("/ui/");
  const type = await page.evaluate(async () => {
    const socket = new WebSocket(`ws://${location.host}/ws`);
    return new Promise<string>((resolve, reject) => {
      socket.onmessage = (message) => {
        socket.close();
        resolve((JSON.parse(String(message.data)) as { type: string }).type);
      };
      socket.onerror = () => {
        reject(new Error("no socket"));
      };
    });
  });
  expect(type).toBe("init");
});
