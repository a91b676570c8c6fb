/** How the connection stands, said as it is. */

import { connectNow, useConnection } from "../live/store";
import type { Connection } from "../live/socket";
import { countText } from "../ui/instant";
import { useNow } from "../ui/ticker";

/** So long is a fresh snapshot told of. */
const TOLD_FOR = 12_000;

export function ConnectionState() {
  const connection = useConnection();
  const now = useNow(1000);
  const waiting = connection.state === "waiting";
  return (
    <div className={`connection connection-${connection.state}`}>
      <span className="connection-dot" aria-hidden="true" />
      {/* What is read aloud changes with the state, not with each second. */}
      <span role="status">{stateText(connection, now)}</span>
      {waiting && <span className="quiet number">{retryText(connection, now)}</span>}
      {waiting && (
        <button type="button" className="button" onClick={connectNow}>
          Try now
        </button>
      )}
    </div>
  );
}

function stateText({ state, skipped }: Connection, now: number): string {
  switch (state) {
    case "connecting":
      return "Connecting";
    case "catching-up":
      return "Catching up";
    case "signed-out":
      return "Signed out";
    case "waiting":
      return "Server not reached";
    case "live":
      if (skipped === undefined || now - skipped.at > TOLD_FOR) return "Live";
      return `Live, shown anew after ${countText(skipped.changes)} changes`;
  }
}

function retryText({ retryAt }: Connection, now: number): string {
  if (retryAt === undefined) return "";
  const seconds = Math.ceil((retryAt - now) / 1000);
  return seconds <= 0 ? "trying" : `again in ${seconds} s`;
}
