import { execFileSync } from "node:child_process";

import { expect, test } from "vitest";

import type { Session } from "../api/client";
import { shellWord } from "../ui/shell";
import type { Body } from "./body";
import { folded } from "./Fold";
import { fileName, pageHead, Parts } from "./keep";
import { escaped } from "./kept";
import { resumeCommand } from "./resume";

test("a folder comes out of a shell as it went in", () => {
  for (const folder of ["/plain", "/with blank", "/it's", "/$(touch x)`y`", '/a"b\\c', "/line\nbreak", "-n", "'''"])
    expect(execFileSync("/bin/sh", ["-c", `printf %s ${shellWord(folder)}`], { encoding: "utf8" })).toBe(folder);
});

test("each agent is taken up with its own command, the rest with none", () => {
  const session = { source: "claude-code", session_id: "ab-1", project_dir: "/it's" } as const;
  expect(resumeCommand(session)).toBe("cd '/it'\\''s' && claude --resume ab-1");
  expect(resumeCommand({ ...session, source: "codex", project_dir: null })).toBe("codex resume ab-1");
  expect(resumeCommand({ ...session, session_id: "x; rm -rf ~" })).toBe("cd '/it'\\''s' && claude --resume 'x; rm -rf ~'");
  expect(resumeCommand({ ...session, session_id: "ab-1:child" })).toBeUndefined();
  expect(resumeCommand({ ...session, source: "api" })).toBeUndefined();
});

test("a file is named by what a session is called, whatever that is made of", () => {
  expect(fileName("<b>New</b> page", "html")).toBe("b-New-b-page.html");
  expect(fileName("Schöne Grüße 2.4", "ndjson")).toBe("Schöne-Grüße-2.4.ndjson");
  expect(fileName("../..", "html")).toBe("session.html");
});

const HOSTILE = `"><script>alert(1)</script><img src=x onerror='alert(1)'>&`;

/** Events as parts of an exported page. */
function exported(...events: readonly object[]): string {
  const parts = new Parts();
  const nothing = { session_id: "s", exit_code: null, event_id: null, content: null, tool_input: null, tool_output: null, error: null, reason: null, role: null, tool_name: null };
  return events.map((event, id) => parts.of({ ...nothing, id, timestamp: "2026-01-01T00:00:00Z", ...event } as unknown as Body)).join("");
}

test("nothing in an exported page is more than text, whatever field it stood in", () => {
  const fields = { tool_name: HOSTILE, error: HOSTILE, reason: HOSTILE, role: HOSTILE, timestamp: HOSTILE };
  const said = (text: string) => ({ event_type: "message", ...fields, content: [{ type: "text", text }] });
  const session = { session_id: HOSTILE, session_name: HOSTILE, agent_name: HOSTILE, project_dir: HOSTILE, branch: HOSTILE, model: HOSTILE, created_at: HOSTILE };
  const page =
    pageHead(session as Session) +
    exported(
      said(HOSTILE),
      { event_type: "message", content: [{ type: "thinking", thinking: HOSTILE }, { type: HOSTILE, [HOSTILE]: HOSTILE }] },
      ...["# X", "> X", "- X", "`X`", "**X**", "```html\nX\n```", "| X |\n|---|\n| X |", "[X](http://x.invalid/X 'X')", "X[^1]\n\n[^1]: X"].map((text) => said(text.replaceAll("X", HOSTILE))),
      ...["[a](javascript:alert(1))", "![a](http://x.invalid/a.png)", "<a href='javascript:alert(1)'>a</a>", "<svg onload=alert(1)>"].map(said),
      { event_type: "pre_tool", ...fields, tool_input: { [HOSTILE]: HOSTILE } },
      { event_type: "pre_tool", tool_name: "Bash", tool_input: { command: HOSTILE } },
      { event_type: "pre_tool", tool_name: "Edit", tool_input: { old_string: HOSTILE, new_string: HOSTILE } },
      { event_type: "permission_request", ...fields, hook: { tool_input: { command: HOSTILE } } },
      { event_type: "post_tool", ...fields, tool_output: { stdout: HOSTILE } },
      { event_type: "post_tool", ...fields, tool_output: { [HOSTILE]: HOSTILE } },
      { event_type: HOSTILE, ...fields, hook: { message: HOSTILE } },
    );
  // Only what this page makes itself: no element, no attribute and no address of theirs.
  const tags = new Set([...page.matchAll(/<(\w+)((?:\s[^<>]*)?)>/g)].map(([, tag]) => tag));
  for (const tag of ["script", "img", "svg", "iframe", "form", "style onload"]) expect(tags).not.toContain(tag);
  expect(page.replaceAll(/&quot;|&#x27;/g, "")).not.toMatch(/<[^<>]*\son\w+=/);
  expect(page).not.toMatch(/(?:href|src)="(?!https?:)/);
  expect(page).toContain(escaped(HOSTILE));
  expect(page).toContain("default-src 'none'");
});

test("an exported page shows Markdown as the story does, and what a request for permission is about", () => {
  const page = exported(
    { event_type: "message", role: "assistant", content: [{ type: "text", text: "**Done**:\n\n- `one`\n\n```ts\nlet a;\n```" }] },
    { event_type: "permission_request", tool_name: "Bash", hook: { tool_input: { command: "git push origin main" } } },
  );
  expect(page).toContain("<strong>Done</strong>");
  expect(page).toContain("<li><code>one</code></li>");
  expect(page).toContain("<pre>let a;</pre>");
  expect(page).toContain("Asks for permission");
  expect(page).toContain("<pre>git push origin main</pre>");
});

test("an exported page tells what a tool was given once, also where only its result was told of", () => {
  const call = { tool_name: "Bash", tool_input: { command: "make all" } };
  const times = (page: string) => page.split("<pre>make all</pre>").length - 1;
  const [before, after] = [{ event_type: "pre_tool", ...call }, { event_type: "post_tool", ...call, tool_output: "ok" }];
  expect(times(exported(after))).toBe(1);
  expect(times(exported(before, after))).toBe(1);
  expect(times(exported({ ...before, tool_use_id: "a" }, { ...after, tool_use_id: "a" }))).toBe(1);
});

test("an event that cannot be shown takes nothing else of an exported page along", () => {
  const unreadable = { event_type: "message", content: [{ type: "text", get text() { throw new Error("no"); } , toJSON: () => "as stored" }] };
  expect(exported(unreadable, { event_type: "stop", reason: "the end" })).toMatch(/as stored[^]*the end/);
});

test("long text shows its beginning and says how much there is", () => {
  const lines = Array.from({ length: 3214 }, (_, index) => `line ${index}`);
  expect(folded(lines.join("\n")).lines).toBe(3214);
  expect(folded(lines.join("\n")).shown).toBe(lines.slice(0, 16).join("\n"));
  expect(folded(lines.slice(0, 20).join("\n")).lines).toBeUndefined();
  expect(folded("x".repeat(50_000))).toEqual({ shown: "x".repeat(20_000), lines: 1 });
  expect(folded("")).toEqual({ shown: "", lines: undefined });
});
