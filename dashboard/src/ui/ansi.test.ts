import { expect, test } from "vitest";

import { overwritten, plain, stretchesOf } from "./ansi";

test("colours become names, and all other escapes nothing", () => {
  expect(stretchesOf("a \u001b[1;31mred\u001b[0m \u001b[92mgreen\u001b[39m\u001b[2K\u001b]0;title\u0007 end")).toEqual([
    { text: "a ", className: "" },
    { text: "red", className: "ansi-red ansi-bold" },
    { text: " ", className: "" },
    { text: "green", className: "ansi-green" },
    { text: " end", className: "" },
  ]);
  expect(stretchesOf("\u001b[38;5;196mx\u001b[38;2;1;2;3my\u001b[my")?.map(({ className }) => className)).toEqual(["", "", ""]);
  expect(stretchesOf("nothing of it")).toBeUndefined();
});

test("a plain text is what a terminal would show in the end", () => {
  expect(plain("\u001b[31merror\u001b[0m: no")).toBe("error: no");
  expect(plain(" 1 %\r 50 %\r100 %\ndone\r\nnext\r")).toBe("100 %\ndone\nnext\r");
  expect(plain("a\u001b")).toBe("a\u001b");
});

test("a line of any length is read in one go", () => {
  const long = "x".repeat(1_000_000);
  expect(overwritten(`10 %\r${long}`)).toBe(long);
  expect(overwritten(`\r\r${long}\r`)).toBe(`${long}\r`);
  expect(overwritten("a\rb\r\n\rc\n\r\n")).toBe("b\nc\n\n");
});
