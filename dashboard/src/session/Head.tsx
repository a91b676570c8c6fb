/** Above a session: what it is, how it stands, and what can be done with it. */

import { useId, useState } from "react";

import type { Session } from "../api/client";
import { useSession } from "../live/store";
import { nameOf } from "../sessions/name";
import { agentOf, lengthOf } from "../sessions/standing";
import { Duration, Time } from "../ui/Time";
import { Acts } from "./Acts";
import { Place, sessionAddress } from "./Place";
import { Rename } from "./Rename";

const STATES: Readonly<Record<string, string>> = {
  working: "Working",
  waiting_permission: "Waits for permission",
  waiting_input: "Waits for input",
  idle: "Idle",
  stalled: "Stalled",
  gone: "Process gone",
  ended: "Ended",
  running: "Running",
  finished: "Finished",
};

function Parent({ sessionId }: { readonly sessionId: string }) {
  const parent = useSession(sessionId);
  return (
    <Place to={sessionAddress(sessionId)} className="link">
      ↑ {parent === undefined ? sessionId : nameOf(parent)}
    </Place>
  );
}

function Facts({ session }: { readonly session: Session }) {
  const { activity, status, project_dir, branch, model, created_at, event_count, error_count } = session;
  const state = status === "finished" && activity?.state !== "gone" ? status : (activity?.state ?? status);
  const length = lengthOf(session, status === "finished");
  return (
    <ul className="facts">
      <li className={`state state-${state}`}>{STATES[state] ?? state}</li>
      {[agentOf(session), project_dir, branch, model].map(
        (fact, index) =>
          fact !== null && (
            <li key={index} className="fact-more">
              {fact}
            </li>
          ),
      )}
      <li className="fact-more">
        <Time of={length === undefined ? created_at : new Date(length.from).toISOString()} />
      </li>
      {length !== undefined && (
        <li>
          <Duration {...length} />
        </li>
      )}
      <li>{event_count === 1 ? "1 event" : `${event_count.toLocaleString()} events`}</li>
      {error_count > 0 && <li className="fact-errors">{error_count === 1 ? "1 error" : `${error_count.toLocaleString()} errors`}</li>}
    </ul>
  );
}

interface HeadProps {
  readonly sessionId: string;
  readonly session: Session | undefined;
  /** The sessions that it started. */
  readonly subagents: readonly Session[];
  readonly view: "story" | "time";
}

/** Name, facts, relatives, views, acts. */
export function Head({ sessionId, session, subagents, view }: HeadProps) {
  const parent = session?.parent_session_id ?? undefined;
  // Where there is little room, the story has it: what is seldom wanted is shown when it is asked for.
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <header id={id} className={isOpen ? "session-head is-open" : "session-head"}>
      {parent !== undefined && <Parent sessionId={parent} />}
      <div className="session-title">
        {session === undefined ? <h1>{sessionId}</h1> : <Rename session={session} />}
        {session !== undefined && (
          <button
            type="button"
            className="button session-more"
            aria-expanded={isOpen}
            aria-controls={id}
            onClick={() => {
              setOpen(!isOpen);
            }}
          >
            {isOpen ? "Less" : "More"}
          </button>
        )}
        {session !== undefined && <Acts session={session} subagents={subagents} />}
      </div>
      {session !== undefined && <Facts session={session} />}
      <nav className="views" aria-label="Views of the session">
        <Place to={sessionAddress(sessionId)} isCurrent={view === "story"}>
          Story
        </Place>
        <Place to={sessionAddress(sessionId, { view: "time" })} isCurrent={view === "time"}>
          Where the time went
        </Place>
        {subagents.length > 0 && (
          <details className="subagents">
            <summary>{subagents.length === 1 ? "1 subagent" : `${subagents.length} subagents`}</summary>
            <ul>
              {subagents.map((child) => (
                <li key={child.session_id}>
                  <Place to={sessionAddress(child.session_id)} className="link">
                    {nameOf(child)}
                  </Place>
                </li>
              ))}
            </ul>
          </details>
        )}
      </nav>
    </header>
  );
}
