import { expect, test } from "vitest";

import { overwritten, plain, stretchesOf } from "./ansi";

test("colours become names, and all other escapes nothing", () => {
  expect(stretchesOf("a \u001b[1;31mred\u001b[0m \u001b[92mgreen\u001b[39m\u001b[2K\u001b]0;title\u0007 end")).toEqual([
    { text: "a ", className: "" },
    { text: "red", className: "ansi ansi-red ansi-bold" },
    { text: " ", className: "" },
    { text: "green", className: "ansi ansi-bright-green" },
    { text: " end", className: "" },
  ]);
  expect(stretchesOf("nothing of it")).toBeUndefined();
});

test("each look has its name, and colours of 256 and more that of the nearest", () => {
  const looks = (...parameters: readonly string[]) =>
    stretchesOf(parameters.map((one) => `\u001b[${one}m.`).join(""))?.map(({ className }) => className.replaceAll(/\bansi-?\b/g, "").trim().replaceAll(/ +/g, " "));
  expect(looks("34", "35", "36", "94;44", "49;39", "107;30")).toEqual(["blue", "magenta", "cyan", "bright-blue on-blue", "", "black on-white"]);
  expect(looks("2;7;4", "22", "27", "24", "1;2", "0")).toEqual(["dim underline inverse", "underline inverse", "underline", "", "bold dim", ""]);
  expect(looks("4:3", "4:0", "21")).toEqual(["underline", "", "underline"]);
  expect(looks("38;5;196", "38;5;4;1", "0;48;5;21", "0;38;5;244", "38;5;999")).toEqual(["bright-red", "blue bold", "on-blue", "bright-black", ""]);
  expect(looks("38;2;1;2;3;4", "0;38:2::250:240:20", "0;38:2:10:200:210", "48;2;255;0;0")).toEqual(["black underline", "bright-yellow", "cyan", "cyan on-red"]);
  expect(looks("")).toEqual([""]);
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
