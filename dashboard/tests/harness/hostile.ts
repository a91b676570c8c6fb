/** What an agent could write to harm whoever watches it: each must show as text. */

import type { SentEvent } from "./server";

/** Text that would run, load or leave the page if it were taken for HTML, Markdown or an address. */
export const HOSTILE: readonly string[] = [
  `<script>window.harmed = "script"</script>`,
  `<img src=x onerror="window.harmed = 'image'">`,
  `<svg onload="window.harmed = 'svg'"></svg>`,
  `"><script>window.harmed = "attribute"</script>`,
  `</script></style></textarea><script>window.harmed = "closed"</script>`,
  `<style>body { display: none }</style>`,
  `<base href="http://elsewhere.invalid/">`,
  `<meta http-equiv="refresh" content="0;url=http://elsewhere.invalid/">`,
  `<iframe srcdoc="<script>parent.harmed = 'frame'</script>"></iframe>`,
  `<form action="http://elsewhere.invalid/"><button>Go</button></form>`,
  `[press](javascript:window.harmed='link')`,
  `[press](java&#115;cript:window.harmed='entity')`,
  `[press](data:text/html,<script>opener.harmed='data'</script>)`,
  `![picture](http://elsewhere.invalid/picture.png)`,
  `![picture](x"onerror="window.harmed='markdown')`,
  `<a href="javascript:window.harmed='anchor'">press</a>`,
  "```html\n<script>window.harmed = 'fence'</script>\n```",
  `\u202Egnp.exe\u202C \u0000 \uFFFD \u001B[31mred\u001B[0m`,
  `{{constructor.constructor("window.harmed = 'template'")()}}`,
  `__proto__`,
];

/** A session in which every field that a client may fill holds one of them. */
export function hostileSession(sessionId: string, text: string): SentEvent[] {
  const event = (at: number, rest: Readonly<Record<string, unknown>>): SentEvent => ({
    session_id: sessionId,
    session_name: text.replaceAll("\u0000", ""),
    timestamp: `2026-03-01T10:00:${String(at).padStart(2, "0")}Z`,
    ...rest,
  });
  const call = (tool: string, input: Readonly<Record<string, unknown>>) => ({ tool_name: tool, tool_input: input });
  const path = `/work/${text}`;
  const calls = [
    call(text, { [text]: text }),
    call("Bash", { command: text, description: text }),
    call("Edit", { file_path: path, old_string: text, new_string: `${text} ` }),
    call("Write", { file_path: path, content: text }),
    call("Read", { file_path: path }),
    call("Grep", { pattern: text, path }),
    call("TodoWrite", { todos: [{ content: text, status: "pending", activeForm: text }] }),
    call("Task", { description: text, prompt: text, subagent_type: text }),
    call("WebFetch", { url: `javascript:window.harmed='url'`, prompt: text }),
  ];
  return [
    event(0, { event_type: "session_start", [`x ${text}`]: text }),
    event(1, { event_type: "message", role: "user", content: [{ type: "text", text }] }),
    ...calls.flatMap((one, index) => [
      event(2 + 2 * index, { event_type: "pre_tool", tool_use_id: `use-${index}`, ...one }),
      event(3 + 2 * index, {
        event_type: "post_tool",
        tool_use_id: `use-${index}`,
        ...one,
        tool_output: { stdout: text, stderr: text, [text]: text },
        ...(index % 2 === 0 ? {} : { error: text }),
      }),
    ]),
    event(40, { event_type: "notification", hook: { message: text, title: text } }),
    event(41, { event_type: "message", role: "assistant", content: [{ type: "text", text }] }),
    event(42, { event_type: "session_stop", exit_code: 1, reason: text }),
  ];
}
