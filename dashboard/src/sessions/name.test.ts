import { expect, test } from "vitest";

import { nameOf } from "./name";

const named = (session_name: string) => nameOf({ session_name, session_id: "id-1" });

test("marks of Markdown are left out of a name", () => {
  expect(named("Mend the **front page**, then push it.")).toBe("Mend the front page, then push it.");
  expect(named("# Fix `make test` in [the docs](https://example.org/a)")).toBe("Fix make test in the docs");
  expect(named("_Really_ __now__ ***please***")).toBe("Really now please");
});

test("what only looks like them stays", () => {
  for (const name of ["2 * 3 * 4", "src/*.ts and *.js", "snake_case_name", "__init__.py", "a [list] (of) things", "5 > 3", "**", "`"])
    expect(named(name)).toBe(name);
});

test("a session without a name is called by its id", () => {
  expect(named("")).toBe("id-1");
  expect(named("  ")).toBe("id-1");
});

test("a long line of marks is read in no time", () => {
  const started = performance.now();
  for (const text of ["*", "**a", "`", "[", "_a ", "[]("]) named(text.repeat(5000));
  expect(performance.now() - started).toBeLessThan(1000);
});
