/** What a tool is for, by the names that agents give it, and what its input and output say. */

import { fields, list, word } from "../api/json";

/** The ways to show a tool call. */
export type View = "shell" | "edit" | "patch" | "read" | "search" | "checklist" | "task" | "web" | "plain";

const VIEWS = new Map<string, View>(
  Object.entries({
    bash: "shell",
    bashoutput: "shell",
    shell: "shell",
    local_shell: "shell",
    exec_command: "shell",
    write_stdin: "shell",
    powershell: "shell",
    edit: "edit",
    multiedit: "edit",
    write: "edit",
    notebookedit: "edit",
    apply_patch: "patch",
    read: "read",
    read_file: "read",
    notebookread: "read",
    grep: "search",
    glob: "search",
    ls: "search",
    list_dir: "search",
    grep_files: "search",
    todowrite: "checklist",
    update_plan: "checklist",
    task: "task",
    agent: "task",
    webfetch: "web",
    websearch: "web",
    web_search: "web",
  } satisfies Record<string, View>),
);

/** How a call of this tool is shown. */
export function viewOf(toolName: string): View {
  return VIEWS.get(toolName.toLowerCase()) ?? "plain";
}

/** The name for people: of an MCP tool its own name and that of its server. */
export function toolTitle(toolName: string): { readonly name: string; readonly server?: string } {
  const [, server, name] = /^mcp__(.+?)__(.+)$/.exec(toolName) ?? [];
  return server === undefined || name === undefined ? { name: toolName } : { name, server };
}

/** The command that a shell was given. */
export function commandOf(input: unknown): string | undefined {
  const parts = list(fields(input)?.command);
  if (parts.length > 0) return parts.map(String).join(" ");
  return word(input, "command", "cmd", "chars", "bash_id");
}

/** Text of an output, whatever shape it has; `undefined` where it is none that is known. */
export function textOf(output: unknown): string | undefined {
  if (typeof output === "string") return output;
  if (Array.isArray(output)) {
    const texts = output.map((block) => textOf(block));
    return texts.every((text) => text !== undefined) && texts.length > 0 ? texts.join("\n") : undefined;
  }
  const object = fields(output);
  if (object === undefined) return undefined;
  if (object.type === "text" && typeof object.text === "string") return object.text;
  const { stdout, stderr } = object;
  if (typeof stdout === "string" || typeof stderr === "string")
    return [stdout, stderr].filter((part): part is string => typeof part === "string" && part !== "").join("\n");
  const file = word(object.file, "content");
  const task = word(object.task, "output");
  return file ?? task ?? word(object, "output", "result", "text", "aggregated_output") ?? textOfContent(object.content);
}

function textOfContent(content: unknown): string | undefined {
  return content === undefined || content === null ? undefined : textOf(content);
}

/** How a shell's command ended, where somebody says so. */
export function exitOf(output: unknown, error: string | null): number | undefined {
  const object = fields(output);
  for (const found of [object?.exit_code, object?.exitCode, fields(object?.metadata)?.exit_code])
    if (typeof found === "number") return found;
  const told = /Exit code:? (-?\d+)/.exec(error ?? (typeof output === "string" ? output.slice(0, 200) : ""));
  return told === null ? undefined : Number(told[1]);
}

/** One stretch of a diff: lines that begin with ` `, `+` or `-`. */
export interface Hunk {
  readonly oldStart: number;
  readonly newStart: number;
  readonly lines: readonly string[];
}

/** The diff that the agent made itself. */
export function hunksOf(output: unknown): readonly Hunk[] {
  return list(fields(output)?.structuredPatch).flatMap((hunk) => {
    const object = fields(hunk);
    const lines = list(object?.lines).filter((line): line is string => typeof line === "string");
    const { oldStart, newStart } = object ?? {};
    return lines.length === 0
      ? []
      : [{ oldStart: typeof oldStart === "number" ? oldStart : 1, newStart: typeof newStart === "number" ? newStart : 1, lines }];
  });
}

/** What an edit replaced by what; of a new file, nothing by all of it. */
export function editsOf(input: unknown): readonly { readonly before: string; readonly after: string }[] {
  const object = fields(input);
  const edits = list(object?.edits);
  return (edits.length > 0 ? edits : [object]).flatMap((edit) => {
    const after = word(edit, "new_string", "content", "new_source", "newString");
    return after === undefined ? [] : [{ before: word(edit, "old_string", "oldString") ?? "", after }];
  });
}

/** The lines of a text; the newline at its end begins none. */
export function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

/** One thing to do. */
export interface Todo {
  readonly text: string;
  readonly state: "pending" | "in_progress" | "completed";
}

/** The things to do that an agent wrote down. */
export function todosOf(input: unknown): readonly Todo[] {
  const object = fields(input);
  const todos = list(object?.todos);
  return (todos.length > 0 ? todos : list(object?.plan)).flatMap((todo) => {
    const text = word(todo, "content", "step", "text");
    const state = word(todo, "status");
    if (text === undefined) return [];
    return [{ text, state: state === "completed" || state === "in_progress" ? state : "pending" }];
  });
}

/** What a search found: files, or lines of files. */
export function hitsOf(output: unknown): readonly string[] {
  const object = fields(output);
  const content = textOf(output);
  if (content !== undefined && content !== "") return content.split("\n").filter((line) => line !== "");
  return list(object?.filenames).filter((name): name is string => typeof name === "string");
}

/** The subagent that a task was given to. */
export function subagentOf(output: unknown): string | undefined {
  return word(output, "agentId", "agent_id");
}

/** The language of a file, as highlighting calls it. */
export function languageOf(path: string): string | undefined {
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase();
  return extension === undefined ? undefined : (LANGUAGES.get(extension) ?? extension);
}

const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ["rs", "rust"],
  ["py", "python"],
  ["js", "javascript"],
  ["mjs", "javascript"],
  ["jsx", "javascript"],
  ["ts", "typescript"],
  ["tsx", "typescript"],
  ["sh", "bash"],
  ["zsh", "bash"],
  ["yml", "yaml"],
  ["md", "markdown"],
  ["toml", "ini"],
  ["html", "xml"],
  ["svg", "xml"],
  ["kt", "kotlin"],
  ["rb", "ruby"],
  ["h", "c"],
  ["cc", "cpp"],
  ["hpp", "cpp"],
  ["cs", "csharp"],
]);
