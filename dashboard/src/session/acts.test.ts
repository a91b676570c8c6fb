import { execFileSync } from "node:child_process";

import { expect, test } from "vitest";

import type { Session } from "../api/client";
import { shellWord } from "../ui/shell";
import type { Body } from "./body";
import { folded } from "./Fold";
import { escaped, fileName, pageHead, section } from "./keep";
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

test("nothing in an exported page is more than text, whatever field it stood in", () => {
  const fields = { session_name: HOSTILE, tool_name: HOSTILE, error: HOSTILE, reason: HOSTILE, role: HOSTILE, timestamp: HOSTILE };
  const event = (event_type: string, more: object) =>
    ({ id: 1, event_type, session_id: "s", exit_code: null, event_id: null, content: null, tool_input: null, tool_output: null, ...fields, ...more }) as unknown as Body;
  const session = { session_id: HOSTILE, session_name: HOSTILE, agent_name: HOSTILE, project_dir: HOSTILE, branch: HOSTILE, model: HOSTILE, created_at: HOSTILE };
  const page = [
    pageHead(session as Session),
    section(event("message", { content: [{ type: "text", text: HOSTILE }, { type: HOSTILE, [HOSTILE]: HOSTILE }] })),
    section(event("pre_tool", { tool_input: { [HOSTILE]: HOSTILE } })),
    section(event("pre_tool", { tool_name: "Bash", tool_input: { command: HOSTILE } })),
    section(event("pre_tool", { tool_name: "Edit", tool_input: { old_string: HOSTILE, new_string: HOSTILE } })),
    section(event("post_tool", { tool_output: { stdout: HOSTILE } })),
    section(event("post_tool", { tool_output: { [HOSTILE]: HOSTILE } })),
    section(event(HOSTILE, { hook: { message: HOSTILE } })),
  ].join("");
  expect(page).not.toContain("<script");
  expect(page).not.toContain("<img");
  expect(page).toContain(escaped(HOSTILE));
  expect(page).toContain("default-src 'none'");
});

test("long text shows its beginning and says how much there is", () => {
  const lines = Array.from({ length: 3214 }, (_, index) => `line ${index}`);
  expect(folded(lines.join("\n")).lines).toBe(3214);
  expect(folded(lines.join("\n")).shown).toBe(lines.slice(0, 16).join("\n"));
  expect(folded(lines.slice(0, 20).join("\n")).lines).toBeUndefined();
  expect(folded("x".repeat(50_000))).toEqual({ shown: "x".repeat(20_000), lines: 1 });
  expect(folded("")).toEqual({ shown: "", lines: undefined });
});
