/** Pictures of each view in both themes, for the documents: `make screenshots`. */

import path from "node:path";

import { expect, test } from "vitest";

import { playRecordedRun, runThatAsks } from "./harness/recording";
import { stage } from "./harness/stage";

const on = stage();
const folder = path.resolve(import.meta.dirname, "../../docs/images");

test.each(["light", "dark"] as const)("every view, %s", async (colorScheme) => {
  const recorded = await playRecordedRun(on.server);
  for (const document of runThatAsks("s1")) await on.server.hook("claude-code", document);
  const views = {
    sessions: "/ui/",
    session: `/ui/session/${recorded}`,
    time: `/ui/session/${recorded}?view=time`,
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
