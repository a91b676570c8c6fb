/** A server and a browser for each test, and a watch over what the page does wrong in silence. */

import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";

import { chromium as executablePath, FLAGS } from "./places";
import { Server, type ServerOptions } from "./server";

/** What a browser says while the server of its page is away. */
export const AWAY: readonly RegExp[] = [
  /WebSocket connection to .* failed/,
  /ERR_CONNECTION_REFUSED/,
  /ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/,
];

/** How long a page may take for what must happen. It bounds a failure, it never paces a success. */
const PATIENCE_MS = 20_000;

/** What `browser.newContext` takes, with what the test expects to go wrong. */
interface Visit extends BrowserContextOptions {
  /** The instant that the page takes for now. */
  readonly now?: Date;
  /** Messages of the console that are no fault in this test, such as a refused connection to a killed server. */
  readonly forgive?: readonly RegExp[];
}

/** The server of the running test, and pages on it. */
export interface Stage {
  readonly server: Server;
  /** What pages have done wrong so far; it no longer counts against the test. */
  takeFaults(): string[];
  /** A page at a path of the server, in a browser profile of its own, unless `beside` shares that of another page. */
  open(path: string, visit?: Visit & { readonly beside?: Page }): Promise<Page>;
}

/** What the browser of a stage can do that others need not. */
interface BrowserOptions {
  /** Keeps pages aside that were left, and shows them again as they were. */
  readonly backForwardCache?: boolean;
}

/**
 * Gives every test of the file a fresh server. When a test ends, no page of it may have logged an error, thrown,
 * broken the Content-Security-Policy or asked anybody but its server.
 */
export function stage({ backForwardCache = false, ...options }: ServerOptions & BrowserOptions = {}): Stage {
  let browser: Browser;
  let server: Server;
  let contexts: BrowserContext[] = [];
  let faults: string[] = [];

  beforeAll(async () => {
    const ignoreDefaultArgs = backForwardCache ? ["--disable-back-forward-cache"] : [];
    browser = await chromium.launch({ executablePath, args: FLAGS, ignoreDefaultArgs });
  });
  beforeEach(async () => {
    server = await Server.start(options);
    contexts = [];
    faults = [];
  });
  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    await server.remove();
    expect(faults).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
  });

  return {
    get server() {
      return server;
    },
    takeFaults() {
      return faults.splice(0);
    },
    async open(path, { forgive = [], beside, now, ...visit } = {}) {
      const context = beside?.context() ?? (await browser.newContext(visit));
      if (beside === undefined) {
        contexts.push(context);
        context.setDefaultTimeout(PATIENCE_MS);
        await watch(context, server.url, forgive, (fault) => faults.push(fault));
      }
      if (now !== undefined) await context.clock.setFixedTime(now);
      const page = await context.newPage();
      await page.goto(server.url + path);
      return page;
    },
  };
}

async function watch(
  context: BrowserContext,
  own: string,
  forgive: readonly RegExp[],
  report: (fault: string) => void,
): Promise<void> {
  const unlessForgiven = (fault: string) => {
    if (!forgive.some((pattern) => pattern.test(fault))) report(fault);
  };
  context.on("console", (message) => {
    if (message.type() === "error") unlessForgiven(`console: ${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (thrown) => {
    unlessForgiven(`thrown: ${String(thrown.error())}`);
  });
  context.on("dialog", (dialog) => {
    unlessForgiven(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await context.exposeFunction("reportBrokenPolicy", (broken: string) => {
    unlessForgiven(`policy: ${broken}`);
  });
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const { reportBrokenPolicy } = window as unknown as { reportBrokenPolicy: (broken: string) => void };
      reportBrokenPolicy(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  await context.route(
    (url) => url.protocol.startsWith("http") && url.origin !== own,
    async (route) => {
      unlessForgiven(`asked elsewhere: ${route.request().url()}`);
      await route.abort();
    },
  );
}
