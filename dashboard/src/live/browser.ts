/** The browser's clock, frames, network and moods, as the feed wants them. */

import { socketTo } from "./early";
import { readMessage } from "./message";
import type { Feed, FeedSurroundings } from "./feed";
import type { Head, Listener } from "./socket";

/** A server that does not answer by then is away. */
const PATIENCE = 8000;
/** How often a page that nobody sees applies what came; it gets no frames. */
const HIDDEN_PAUSE = 500;

/** The real world. */
export const browser: FeedSurroundings = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(milliseconds, run) {
    const timer = window.setTimeout(run, milliseconds);
    return () => {
      window.clearTimeout(timer);
    };
  },
  open: openSocket,
  head: askHead,
  nextFrame(run) {
    if (document.hidden) window.setTimeout(run, HIDDEN_PAUSE);
    else window.requestAnimationFrame(run);
  },
};

/** Connects the feed and keeps it in step with the page: hidden, shown, kept aside, asleep, back on the network. */
export function begin(feed: Feed): void {
  document.addEventListener("visibilitychange", () => {
    // A frame that was asked for does not come while hidden.
    if (document.hidden) feed.flush();
    else feed.socket.check();
  });
  // A server on this machine is reached without a network: that it went is a reason to look, and no more.
  for (const name of ["online", "offline"])
    window.addEventListener(name, () => {
      feed.socket.check();
    });
  window.addEventListener("pagehide", () => {
    feed.socket.pause();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) feed.socket.connect();
  });
  feed.socket.connect();
}

function openSocket(path: string, listener: Listener): () => void {
  const { socket, texts } = socketTo(path);
  socket.onopen = () => {
    listener.opened();
  };
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") listener.text(data);
  };
  socket.onclose = () => {
    listener.closed();
  };
  if (socket.readyState === WebSocket.OPEN) {
    queueMicrotask(() => {
      // Whoever hears one of them may let go of it.
      socket.onopen?.(new Event("open"));
      for (const data of texts) socket.onmessage?.(new MessageEvent("message", { data }));
    });
  }
  return () => {
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  };
}

/** The first message of a stream about a session that is none: empty, with the cursor of the log's head. */
async function askHead(): Promise<Head> {
  const end = new AbortController();
  const timer = window.setTimeout(() => {
    end.abort();
  }, PATIENCE);
  try {
    const answer = await fetch("/stream?session_id=-", { signal: end.signal, cache: "no-store" });
    if (answer.status === 401) return { kind: "signed-out" };
    if (!answer.ok || answer.body === null) return { kind: "away" };
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n\n", text.indexOf("data:") + 1) || !text.includes("data:")) {
      const part = await reader.read();
      if (part.done) return { kind: "away" };
      text += part.value;
    }
    const cursor = readMessage(/^data: ?(.*)$/m.exec(text)?.[1] ?? "")?.cursor;
    return cursor === undefined ? { kind: "away" } : { kind: "at", cursor };
  } catch {
    return { kind: "away" };
  } finally {
    window.clearTimeout(timer);
    end.abort();
  }
}
