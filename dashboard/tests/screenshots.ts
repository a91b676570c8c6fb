/** Pictures of each view in both themes, for the documents: `make screenshots`. */

import path from "node:path";

import { expect, test } from "vitest";

import { playDay } from "./harness/day";
import { playRecordedRun } from "./harness/recording";
import { stage } from "./harness/stage";

const on = stage();
const folder = path.resolve(import.meta.dirname, "../../docs/images");

test.each(["light", "dark"] as const)("every view, %s", async (colorScheme) => {
  await playRecordedRun(on.server);
  await playDay(on.server);
  const { sessions } = (await on.server.request("GET", "/sessions")) as { sessions: { session_id: string; session_name: string }[] };
  // Of the recording, the one that has a subagent.
  const told = sessions.find(({ session_name }) => session_name === "flaky-heron")?.session_id ?? "";
  const views = {
    sessions: "/ui/",
    session: `/ui/session/${told}`,
    time: `/ui/session/${told}?view=time`,
    overview: "/ui/overview",
    connect: "/ui/connect",
  };
  const page = await on.open("/ui/", { colorScheme, viewport: { width: 1280, height: 800 }, deviceScaleFactor: 2 });
  for (const [name, view] of Object.entries(views)) {
    await page.goto(on.server.url + view, { waitUntil: "networkidle" });
    const picture = await page.screenshot({ path: path.join(folder, `${name}-${colorScheme}.png`) });
    expect(picture.length).toBeGreaterThan(0);
  }
});
