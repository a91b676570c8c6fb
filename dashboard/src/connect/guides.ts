/** How each kind of agent is connected. */

import type { Session } from "../api/client";
import { shellWord } from "../ui/shell";

/** One kind of agent. */
export interface Guide {
  readonly id: string;
  readonly name: string;
  /** Whose first event shows that it worked; none where nothing in its events tells it from another kind. */
  readonly source?: Session["source"];
  readonly steps: readonly Step[];
}

/** Something to do; with something to copy, where there is. */
interface Step {
  readonly text: string;
  readonly code?: string;
}

/** Every kind, with the program as it is called on this machine, the server as this page reached it, and whether that asks for a token. */
export function guidesFor(program: string, server: string, hasToken: boolean): readonly Guide[] {
  const command = shellWord(program);
  const setup = (agent: string) => [command, "setup", agent, ...setupFlags(server, hasToken)].join(" ");
  const withToken = hasToken ? ", with the server's token in a FILE that only you can read" : "";
  return [
    {
      id: "claude-code",
      name: "Claude Code",
      source: "claude-code",
      steps: [
        { text: `In a shell${withToken}. It shows what it would change, and asks.`, code: setup("claude-code") },
        { text: "Then run Claude Code as ever. Sessions that are open already report from their next step on." },
        { text: "Nothing appears? This says why.", code: `${command} doctor` },
      ],
    },
    {
      id: "codex",
      name: "Codex",
      source: "codex",
      steps: [
        { text: `In a shell${withToken}. It shows what it would change, and asks.`, code: setup("codex") },
        { text: "Codex runs a hook only after you have trusted it: in Codex, look at the entries and trust them.", code: "/hooks" },
        { text: "Nothing appears? This says why.", code: `${command} doctor` },
      ],
    },
    {
      id: "sdk",
      name: "Claude Agent SDK",
      steps: [
        { text: "Programs built on the SDK run Claude Code: its hooks report them too.", code: setup("claude-code") },
        { text: "In Python, let the program load the settings of its user.", code: 'ClaudeAgentOptions(setting_sources=["user"])' },
        { text: "The same in TypeScript.", code: 'query({ prompt, options: { settingSources: ["user"] } })' },
      ],
    },
    {
      id: "http",
      name: "Any program, over HTTP",
      source: "api",
      steps: [
        ...(hasToken ? [{ text: "This server wants its token with each request.", code: "export AGENT_RUNTIME_TOKEN='its token'" }] : []),
        { text: "Paste this into a shell: it records a run of two events.", code: httpExample(server, hasToken) },
        { text: "Many events at once: POST /ingest, one JSON object a line. Every request, to try: /docs of this server." },
      ],
    },
  ];
}

/** Where hooks find the server without being told. */
const DEFAULT_SERVER = "http://127.0.0.1:8765";

/** What a set-up must be told of a server that is elsewhere, or asks for a token. */
function setupFlags(server: string, hasToken: boolean): readonly string[] {
  const where = server === DEFAULT_SERVER || server === "http://localhost:8765" ? [] : ["--server", shellWord(server)];
  return hasToken ? [...where, "--token-file", "FILE"] : where;
}

function httpExample(server: string, hasToken: boolean): string {
  const token = hasToken ? ' -H "authorization: Bearer $AGENT_RUNTIME_TOKEN"' : "";
  return `post() { curl -sS${token} -H 'content-type: application/json' -d "$2" ${shellWord(server)}"$1"; echo; }
run="run-$(date +%s)"
now="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
post /sessions '{"session_id": "'$run'", "session_name": "My first run", "agent_name": "shell"}'
post /events '{"event_type": "message", "session_id": "'$run'", "session_name": "My first run",
  "timestamp": "'$now'", "role": "assistant", "content": [{"type": "text", "text": "Done: 42."}]}'
post /events '{"event_type": "session_stop", "session_id": "'$run'", "session_name": "My first run",
  "timestamp": "'$now'", "exit_code": 0}'`;
}
