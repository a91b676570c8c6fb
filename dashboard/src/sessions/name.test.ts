import { expect, test } from "vitest";

import { nameOf } from "./name";

const named = (session_name: string) => nameOf({ session_name, session_id: "id-1" });

test("a name is shown as it is stored, wherever it is shown", () => {
  for (const name of ["Mend the **front page**", "`make` in [the docs](https://example.org)", "# a"]) expect(named(name)).toBe(name);
});

test("a session without a name is called by its id", () => {
  expect(named("")).toBe("id-1");
  expect(named("  ")).toBe("id-1");
});
