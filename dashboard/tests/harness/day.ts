/** A day of several agents at work, to be looked at. */

import type { HookDocument, Server } from "./server";

/** One session: who, where, what was asked, and the calls that followed. */
interface Run {
  readonly id: string;
  readonly agent: "claude-code" | "codex";
  readonly folder: string;
  readonly prompt: string;
  readonly minutesAgo: number;
  readonly calls: readonly (readonly [tool: string, input: Readonly<Record<string, unknown>>, fails?: boolean])[];
  readonly end: "works" | "asks" | "rests" | "ends";
}

const bash = (command: string, fails = false) => ["Bash", { command }, fails] as const;
const read = (file_path: string) => ["Read", { file_path }] as const;
const edit = (file_path: string) => ["Edit", { file_path, old_string: "one", new_string: "two" }] as const;

const RUNS: readonly Run[] = [
  { id: "a3f1", agent: "claude-code", folder: "/home/mira/code/tide-tables", prompt: "Find out why `high_water_at_brest` fails on **one** run in nine", minutesAgo: 31, calls: [bash("cargo test high_water_at_brest"), read("src/harmonics.rs"), edit("src/harmonics.rs"), bash("cargo test")], end: "works" },
  { id: "b7c2", agent: "codex", folder: "/home/mira/code/ferry", prompt: "Move the timetable to the new schema", minutesAgo: 26, calls: [read("db/timetable.sql"), bash("sqlite3 ferry.db < db/timetable.sql", true), edit("db/timetable.sql")], end: "works" },
  { id: "c9d4", agent: "claude-code", folder: "/home/mira/code/site", prompt: "Mend the front page, then push it.", minutesAgo: 12, calls: [read("index.html"), edit("index.html"), bash("git push origin main")], end: "asks" },
  { id: "d2e8", agent: "claude-code", folder: "/home/mira/code/tide-tables", prompt: "Write the notes of release 2.4", minutesAgo: 140, calls: [bash("git log --oneline v2.3..HEAD"), edit("CHANGELOG.md")], end: "ends" },
  { id: "e5a6", agent: "codex", folder: "/home/mira/code/ferry", prompt: "Make the list of harbours load in less than a second", minutesAgo: 200, calls: [read("src/harbours.ts"), bash("npm run bench"), edit("src/harbours.ts"), bash("npm run bench")], end: "rests" },
  { id: "f8b0", agent: "claude-code", folder: "/home/mira/code/site", prompt: "Which pictures have no words for those who do not see them?", minutesAgo: 1600, calls: [["Grep", { pattern: "<img", path: "pages" }], read("pages/about.html")], end: "ends" },
];

/** Plays them as their hooks would have told of them, one step every two seconds and a half. */
export async function playDay(server: Server): Promise<void> {
  for (const { id, agent, folder, prompt, minutesAgo, calls, end } of RUNS) {
    let at = Date.now() - minutesAgo * 60_000;
    const tell = async (name: string, more: Readonly<Record<string, unknown>> = {}) => {
      const document: HookDocument = { session_id: id, hook_event_name: name, cwd: folder, permission_mode: "default", ...more };
      await server.hook(agent, document, new Date(at));
      at += end === "works" ? (minutesAgo * 60_000) / (2 * calls.length + 3) : 2500;
    };
    await tell("SessionStart", { source: "startup", model: agent === "codex" ? "gpt-5" : "claude-opus" });
    await tell("UserPromptSubmit", { prompt });
    for (const [index, [tool_name, tool_input, fails = false]] of calls.entries()) {
      const call = { tool_name, tool_input, tool_use_id: `${id}-${index}` };
      const isLast = index === calls.length - 1;
      await tell("PreToolUse", call);
      if (isLast && end === "asks") await tell("PermissionRequest", call);
      else if (fails) await tell("PostToolUseFailure", { ...call, error: "Exit code 1" });
      else if (!isLast || end !== "works") await tell("PostToolUse", { ...call, tool_response: { stdout: "done" } });
    }
    if (end === "rests" || end === "ends") await tell("Stop", { last_assistant_message: "Done, and all tests pass." });
    if (end === "ends") await tell("SessionEnd", { reason: "prompt_input_exit" });
  }
}
