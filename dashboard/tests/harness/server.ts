/** The real server on a free port over a fresh folder, fed over the wire as agents feed it. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

import { program } from "./places";

/** What a test may set. */
export interface ServerOptions {
  /** The token that the server asks for. */
  readonly token?: string;
}

/** An event as a client of the API sends it. */
export type SentEvent = Readonly<Record<string, unknown>> & { readonly session_id: string };

/** A document as an agent's hook hands it over. */
export type HookDocument = Readonly<Record<string, unknown>> & {
  readonly session_id: string;
  readonly hook_event_name: string;
};

export class Server {
  /** Where it listens: `http://127.0.0.1:PORT`. The same after a restart. */
  readonly url: string;
  private readonly folder: string;
  private readonly options: ServerOptions;
  private process: ChildProcess;
  private documents = 0;

  private constructor(folder: string, options: ServerOptions, started: Started) {
    this.folder = folder;
    this.options = options;
    this.url = started.url;
    this.process = started.process;
  }

  static async start(options: ServerOptions = {}): Promise<Server> {
    const folder = await mkdtemp(path.join(tmpdir(), "agent-runtime-page-"));
    return new Server(folder, options, await begin(folder, options, "0"));
  }

  /** Ends it as a power cut would: nothing is said, nothing is closed. */
  async kill(): Promise<void> {
    await end(this.process, "SIGKILL");
  }

  /** Begins it again over the same database, on the same port. */
  async again(): Promise<void> {
    this.process = (await begin(this.folder, this.options, new URL(this.url).port)).process;
  }

  /** Begins it again over a fresh database, on the same port: nothing of what was stored is there. */
  async afresh(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    await mkdir(this.folder);
    await this.again();
  }

  /** Ends it and takes its folder away. */
  async remove(): Promise<void> {
    await end(this.process, "SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A request with the token; the answer must be a success. */
  async request(method: string, target: string, body?: unknown): Promise<unknown> {
    return this.send(method, target, body === undefined ? {} : { "content-type": "application/json" }, body);
  }

  /** Stores events of any sessions, in order; `session_start` creates. */
  async ingest(events: readonly SentEvent[]): Promise<void> {
    const lines = events.map((event) => JSON.stringify(event)).join("\n");
    await this.send("POST", "/ingest", { "content-type": "application/x-ndjson" }, lines);
  }

  /** Hands over a document as the hook process does, with the instant at which it happened. */
  async hook(agent: "claude-code" | "codex", document: HookDocument, at = new Date()): Promise<void> {
    this.documents += 1;
    const envelope = { id: `document-${this.documents}`, at: at.toISOString(), host: "test-machine" };
    const headers = { "content-type": "application/json", "x-agent-runtime-envelope": JSON.stringify(envelope) };
    await this.send("POST", `/hooks/${agent}`, headers, document);
  }

  private async send(
    method: string,
    target: string,
    headers: Readonly<Record<string, string>>,
    body: unknown,
  ): Promise<unknown> {
    const { token } = this.options;
    const answer = await fetch(this.url + target, {
      method,
      headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${target}: ${answer.status} ${text}`);
    return JSON.parse(text) as unknown;
  }
}

interface Started {
  readonly url: string;
  readonly process: ChildProcess;
}

/** Starts the program with nothing of the user's settings, and waits for the line that says where it listens. */
async function begin(folder: string, options: ServerOptions, port: string): Promise<Started> {
  const child = spawn(program, ["--port", port, "--database", `sqlite:${path.join(folder, "test.db")}`], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      ...(options.token === undefined ? {} : { AGENT_RUNTIME_TOKEN: options.token }),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4096);
  });
  const lines = createInterface(child.stdout);
  for await (const line of lines) {
    const [, url] = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line) ?? [];
    if (url !== undefined) return { url, process: child };
  }
  throw new Error(`the server did not start:\n${log}`);
}

async function end(child: ChildProcess, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}
