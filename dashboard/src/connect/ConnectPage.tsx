/** How agents are connected, and which are. */

import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";

import { api, type Session } from "../api/client";
import { useSnapshot } from "../live/store";
import { lastOf } from "../sessions/standing";
import { CopyButton } from "../ui/CopyButton";
import { useKept } from "../ui/kept";
import { Time } from "../ui/Time";
import { type Guide, guidesFor } from "./guides";
import "./connect.css";

export function ConnectPage() {
  const { begun, sessions } = useSnapshot();
  const program = useProgram();
  // Who signed in here did so with the token that programs need as well.
  const hasToken = useKept("signed-in") === "yes";
  const guides = useMemo(() => guidesFor(program, window.location.origin, hasToken), [program, hasToken]);
  const heard = useMemo(() => newestBySource(sessions.values()), [sessions]);
  return (
    <div className="page connect">
      <h1>Connect</h1>
      <p className="lead">
        {begun && sessions.size === 0
          ? "Nothing is recorded yet. Connect an agent, and it appears here by itself."
          : "What else can report to this server. Nothing has to be restarted, and nothing leaves this machine."}
      </p>
      {guides.map((guide) => (
        <GuideView key={guide.id} guide={guide} heard={guide.source === undefined ? undefined : heard.get(guide.source)} />
      ))}
    </div>
  );
}

function GuideView({ guide, heard }: { readonly guide: Guide; readonly heard: Session | undefined }) {
  const title = `guide-${guide.id}`;
  return (
    <section className="guide" aria-labelledby={title} data-connected={heard !== undefined}>
      <header>
        <h2 id={title}>{guide.name}</h2>
        <p className="sign" role="status">
          {guide.source !== undefined && <span className="sign-dot" aria-hidden="true" />}
          {guide.source === undefined ? "Its runs appear as those of Claude Code" : heard === undefined ? "Waiting for its first event" : "Connected"}
          {heard !== undefined && (
            <span className="quiet">
              {" · last heard "}
              <Time of={heard.last_event_at ?? heard.created_at} />
            </span>
          )}
        </p>
        {heard !== undefined && (
          <Link className="button" to="/session/$sessionId" params={{ sessionId: heard.session_id }}>
            Show
          </Link>
        )}
      </header>
      <ol>
        {guide.steps.map(({ text, code }) => (
          <li key={text}>
            <p>{text}</p>
            {code !== undefined && (
              <div className="code">
                <pre tabIndex={0}>
                  <code>{code}</code>
                </pre>
                <CopyButton text={code} />
              </div>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The session of each source that was heard of last. One without an event was made by hand, and shows nothing. */
function newestBySource(sessions: Iterable<Session>): Map<Session["source"], Session> {
  const newest = new Map<Session["source"], Session>();
  for (const session of sessions) {
    if (session.event_count === 0) continue;
    const known = newest.get(session.source);
    if (known === undefined || lastOf(session) > lastOf(known)) newest.set(session.source, session);
  }
  return newest;
}

/** The program that serves, as its own machine calls it; from another machine that path would mislead. */
function useProgram(): string {
  const [program, setProgram] = useState("agent-runtime");
  useEffect(() => {
    let gone = false;
    const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(window.location.hostname);
    if (isLocal) {
      void api.GET("/health/details").then(
        ({ data }) => {
          const told = data?.program ?? "";
          if (!gone && told !== "") setProgram(told);
        },
        () => undefined,
      );
    }
    return () => {
      gone = true;
    };
  }, []);
  return program;
}
