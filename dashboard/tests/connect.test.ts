/** Who has nothing recorded is told how to connect; what connects turns green by itself. */

import { expect, test } from "vitest";

import { runThatAsks } from "./harness/recording";
import { stage } from "./harness/stage";

const on = stage();

test("an empty database leads to how to connect, and the first event turns its sign green", async () => {
  const page = await on.open("/ui/");
  await page.waitForURL("**/ui/connect");
  const details = (await on.server.request("GET", "/health/details")) as { program: string };
  // This server is not where hooks would look for it.
  const server = new URL(page.url()).origin;
  await page.getByText(`${details.program} setup claude-code --server ${server}`).first().waitFor();
  const guide = (name: string) => page.getByRole("region", { name });
  await guide("Claude Code").getByText("Waiting for its first event").waitFor();
  for (const document of runThatAsks("s1")) await on.server.hook("claude-code", document);
  await guide("Claude Code").getByText("Connected").waitFor();
  // The events of a program built on the SDK are those of Claude Code: which of the two sent them, nobody knows.
  await guide("Claude Agent SDK").getByText("Its runs appear as those of Claude Code").waitFor();
  expect(await guide("Claude Agent SDK").getByText("Connected").count()).toBe(0);
  expect(await guide("Codex").getByText("Waiting for its first event").count()).toBe(1);
  await on.server.hook("codex", { session_id: "s2", hook_event_name: "SessionStart", cwd: "/work" });
  await guide("Codex").getByText("Connected").waitFor();
  await guide("Any program, over HTTP").getByText("Waiting").waitFor();
});
