/* global document, localStorage, location, setTimeout, URL, URLSearchParams, WebSocket, window */
// What need not wait for the page's own scripts. A file of its own, for inline scripts are not allowed.

// Before anything is drawn: the colours that were chosen.
try {
  const theme = localStorage.getItem("agent-runtime theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing shows what the system says.
}

// While the scripts load, the server gathers all sessions and sends them. `live/early.ts` takes over what came.
(() => {
  const [, session = ""] = /^\/ui\/session\/([^/]+)$/.exec(location.pathname) ?? [];
  let bodies = session;
  try {
    bodies = decodeURIComponent(session);
  } catch {
    // As it is written, then.
  }
  const path = `/ws?${new URLSearchParams({ bodies }).toString()}`;
  /** @type {unknown[]} */
  const texts = [];
  const early = { path, socket: new WebSocket(new URL(path, location.href)), texts };
  early.socket.onmessage = ({ data }) => texts.push(data);
  // Nobody takes it over where the scripts cannot be had.
  const patience = 10_000;
  setTimeout(() => {
    if (window.earlySocket === early) early.socket.close();
  }, patience);
  window.earlySocket = early;
})();
