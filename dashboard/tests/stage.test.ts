/** The stage itself: a watch that sees nothing guards nothing. */

import { expect, test } from "vitest";

import { playRecordedRun, runThatAsks } from "./harness/recording";
import { stage } from "./harness/stage";

const on = stage();

test("what a page does wrong is seen", async () => {
  const page = await on.open("/ui/");
  await page.evaluate(() => {
    console.error("a fault");
    const script = document.createElement("script");
    script.textContent = "window.harmed = true";
    document.body.append(script);
    const picture = document.createElement("img");
    picture.src = "http://elsewhere.invalid/picture.png";
    document.body.append(picture);
    setTimeout(() => {
      throw new Error("thrown later");
    });
  });
  const seen: string[] = [];
  const wanted = ["console: a fault", "policy: script-src-elem inline", "policy: img-src http://elsewhere", "thrown later"];
  await expect
    .poll(() => {
      seen.push(...on.takeFaults());
      return wanted.filter((fault) => !seen.some((one) => one.includes(fault)));
    })
    .toEqual([]);
});

test("a killed server comes back where it was, with what it had", async () => {
  const sessionId = await playRecordedRun(on.server);
  await on.server.kill();
  await on.server.again();
  const { session } = (await on.server.request("GET", `/sessions/${sessionId}`)) as { session: { status: string } };
  expect(session.status).toBe("finished");
});

test("documents of hooks become a session that waits for its person", async () => {
  for (const document of runThatAsks("s1")) await on.server.hook("claude-code", document);
  const { session } = (await on.server.request("GET", "/sessions/s1")) as { session: { activity: { state: string } } };
  expect(session.activity.state).toBe("waiting_permission");
});
