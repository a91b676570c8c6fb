import { describe, expect, it } from "vitest";

import { guidesFor, shellWord } from "./guides";

describe("guides", () => {
  it("name the program as it is called on this machine, quoted for a shell where it has to be", () => {
    const steps = guidesFor("/home/a b/agent-runtime", "http://127.0.0.1:8765").flatMap((guide) => guide.steps);
    expect(steps.map(({ code }) => code)).toContain("'/home/a b/agent-runtime' setup claude-code");
    expect(shellWord("/usr/bin/agent-runtime")).toBe("/usr/bin/agent-runtime");
    expect(shellWord("it's; $(x)")).toBe("'it'\\''s; $(x)'");
    expect(shellWord("")).toBe("''");
  });
});
