/** The socket that `public/first.js` opened while the scripts of the page were still loading. */

declare global {
  interface Window {
    earlySocket?: EarlySocket;
  }
}

interface EarlySocket {
  readonly path: string;
  readonly socket: WebSocket;
  /** What came before anybody listened. */
  readonly texts: readonly unknown[];
}

/** A socket to this path, with what it has said already; the early one, once, if it leads there and still lives. */
export function socketTo(path: string): Pick<EarlySocket, "socket" | "texts"> {
  const early = window.earlySocket;
  delete window.earlySocket;
  const lives = early !== undefined && early.socket.readyState <= WebSocket.OPEN;
  if (lives && early.path === path) return early;
  early?.socket.close();
  return { socket: new WebSocket(new URL(path, window.location.href)), texts: [] };
}
