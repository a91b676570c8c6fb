import { describe, expect, it } from "vitest";

import { shellWord } from "../ui/shell";
import { guidesFor } from "./guides";

describe("guides", () => {
  it("name the program as it is called on this machine, quoted for a shell where it has to be", () => {
    const steps = guidesFor("/home/a b/agent-runtime", "http://127.0.0.1:8765", false).flatMap((guide) => guide.steps);
    expect(steps.map(({ code }) => code)).toContain("'/home/a b/agent-runtime' setup claude-code");
    expect(shellWord("/usr/bin/agent-runtime")).toBe("/usr/bin/agent-runtime");
    expect(shellWord("it's; $(x)")).toBe("'it'\\''s; $(x)'");
    expect(shellWord("")).toBe("''");
  });

  it("tell hooks where the server is, unless they would find it, and that it wants a token", () => {
    const codes = (server: string, hasToken: boolean) =>
      guidesFor("agent-runtime", server, hasToken).flatMap(({ steps }) => steps.map(({ code }) => code ?? ""));
    expect(codes("http://localhost:8765", false)).toContain("agent-runtime setup codex");
    expect(codes("http://127.0.0.1:9000", false)).toContain("agent-runtime setup claude-code --server http://127.0.0.1:9000");
    expect(codes("https://runs.example", true)).toContain("agent-runtime setup codex --server https://runs.example --token-file FILE");
  });

  it("send the token where one is wanted", () => {
    const codes = (hasToken: boolean) => guidesFor("agent-runtime", "http://127.0.0.1:8765", hasToken).flatMap(({ steps }) => steps.map(({ code }) => code ?? ""));
    expect(codes(true).some((code) => code.includes('-H "authorization: Bearer $AGENT_RUNTIME_TOKEN"'))).toBe(true);
    expect(codes(false).some((code) => code.includes("TOKEN"))).toBe(false);
  });
});
