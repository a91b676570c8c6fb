/** Runs of our own making, to fill a server with. */

import { readFile } from "node:fs/promises";

import { recording } from "./places";
import type { HookDocument, Server } from "./server";

/** A request that a client of the API once made. */
interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** Sends a recorded run of a client of the API, and returns the id of its session, which has ended. */
export async function playRecordedRun(server: Server, file = recording): Promise<string> {
  const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line.trim() !== "");
  const requests = lines.map((line) => JSON.parse(line) as RecordedRequest);
  for (const { method, path, body } of requests) await server.request(method, path, body ?? undefined);
  const [, sessionId] = /^\/sessions\/([^/]+)\//.exec(requests.at(-1)?.path ?? "") ?? [];
  if (sessionId === undefined) throw new Error("the recording does not end in a session");
  return sessionId;
}

/** A run of Claude Code up to where it asks its person whether it may run a command. */
export function runThatAsks(sessionId: string, folder = "/work/site"): HookDocument[] {
  const document = (name: string, rest: Readonly<Record<string, unknown>> = {}): HookDocument => ({
    session_id: sessionId,
    hook_event_name: name,
    cwd: folder,
    permission_mode: "default",
    ...rest,
  });
  const read = { tool_name: "Read", tool_input: { file_path: `${folder}/index.html` }, tool_use_id: `${sessionId}-1` };
  const push = { tool_name: "Bash", tool_input: { command: "git push origin main" }, tool_use_id: `${sessionId}-2` };
  return [
    document("SessionStart", { source: "startup", model: "claude-opus" }),
    document("UserPromptSubmit", { prompt: "Mend the **front page**, then push it." }),
    document("PreToolUse", read),
    document("PostToolUse", { ...read, tool_response: { type: "text", file: { content: "<h1>Hi</h1>", numLines: 1 } } }),
    document("PreToolUse", push),
    document("PermissionRequest", push),
  ];
}
