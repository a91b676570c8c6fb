import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";

import { Markdown } from "./Markdown";
import { webAddress } from "./web";

function html(text: string): string {
  return renderToStaticMarkup(createElement(Markdown, { text }));
}

const HOSTILE = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  '<a href="javascript:alert(1)">x</a>',
  "<svg/onload=alert(1)>",
  "text <b onmouseover=alert(1)>inline</b> text",
  "<!-- --><iframe srcdoc='<script>alert(1)</script>'>",
  "<style>*{display:none}</style>",
];

test("HTML in a message is text", () => {
  for (const text of HOSTILE) {
    const shown = html(text);
    expect(shown.replaceAll(/<\/?(div|p)( class="markdown")?>/g, "")).not.toMatch(/<[a-z]/i);
    expect(shown).toContain("&lt;");
  }
});

test("links lead to the web or nowhere", () => {
  const addresses = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "//example.org/x",
    "/ui/sign-in",
    "java&#115;cript:alert(1)",
    "http:evil",
  ];
  for (const address of addresses) {
    expect(webAddress(address)).toBeUndefined();
    for (const text of [`[x](<${address}>)`, `[x][y]\n\n[y]: <${address}>`, `<${address}>`, `![x](<${address}>)`])
      expect(html(text)).not.toMatch(/href|src/);
  }
  const link = html("[words](https://example.org/a?b=1&c=2)");
  expect(link).toContain('href="https://example.org/a?b=1&amp;c=2"');
  expect(link).toContain('target="_blank" rel="noopener noreferrer"');
});

test("a picture is the words that stand for it; nothing is loaded", () => {
  const shown = html("![a cat](https://example.org/cat.png) ![b][c]\n\n[c]: https://example.org/d.png");
  expect(shown).not.toContain("<img");
  expect(shown).toContain(">a cat</a>");
});

test("what people write comes out as it was meant", () => {
  const shown = html("# Title\n\n- [x] done\n- [ ] open\n\n| a | b |\n|---|---|\n| 1 | ~~2~~ |\n\n```rust\nfn main() {}\n```\n\n1. *one* **two** `three`");
  for (const part of ['role="heading"', "☑ ", "☐ ", "<th>a</th>", "<del>2</del>", "fn main() {}", "<em>one</em>", "<strong>two</strong>", "<code>three</code>"])
    expect(shown).toContain(part);
});

test("nesting without a bottom ends", () => {
  for (const opening of ["> ", "- ", "1. ", ">"]) {
    expect(html(`${opening.repeat(4000)}deep`)).toContain('<p class="plain-words">');
    expect(html(`${opening.repeat(90)}a`).length).toBeLessThan(20_000);
  }
});
