/** One session. */

import { useEffect, useState } from "react";

import { followEvents, type LiveEvent, openSession, useSession } from "../live/store";

export function SessionPage({ sessionId }: { readonly sessionId: string; readonly eventId?: number; readonly view: "story" | "time" }) {
  const session = useSession(sessionId);
  const [newest, setNewest] = useState<LiveEvent>();
  useEffect(() => {
    openSession(sessionId);
    const end = followEvents(sessionId, (events) => {
      setNewest(events.at(-1));
    });
    return () => {
      end();
      openSession(undefined);
    };
  }, [sessionId]);
  return (
    <div className="page">
      <h1>{session?.session_name ?? sessionId}</h1>
      <p>{newest?.event.event_type}</p>
    </div>
  );
}
