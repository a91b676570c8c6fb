/** One session in the list. */

import { Link } from "@tanstack/react-router";
import { memo } from "react";

import { countText, exactText } from "../ui/instant";
import { Pill, type Tone } from "../ui/Pill";
import { Duration, Time } from "../ui/Time";
import { ActivityLine } from "./ActivityLine";
import type { Line } from "./list";
import { nameOf } from "./name";
import { agentOf, folderOf, lengthOf, type Standing, STANDING_NAMES, wordsOf } from "./standing";

const TONES: Readonly<Record<Standing["word"], Tone>> = {
  permission: "needs-you",
  question: "needs-you",
  failed: "failed",
  gone: "failed",
  working: "working",
  stalled: "needs-you",
  idle: "quiet",
  ended: "quiet",
};

/** What stands below what, where each has a column; who listens is told with each. */
export function RowHeadings() {
  const names = ["standing", "name", "words", "agent", "project", "activity", "events", "errors", "duration", "age"];
  const texts = ["How it stands", "Session", "What it does or says", "Agent", "Project", "30 min", "Events", "Errors", "Lasts", "Age"];
  return (
    <div className="headings" aria-hidden="true">
      {names.map((name, index) => (
        <span key={name} className={`heading-${name}`}>
          {texts[index]}
        </span>
      ))}
    </div>
  );
}

export const SessionRow = memo(function SessionRow({
  line,
  onToggle,
  onAside,
  onMute,
}: {
  readonly line: Extract<Line, { kind: "session" }>;
  readonly onToggle: (key: string) => void;
  readonly onAside: (key: string) => void;
  readonly onMute: (project: string, mute: boolean) => void;
}) {
  const { session, standing, trace, depth, children, open, isMuted } = line;
  const project = session.project_dir;
  const name = nameOf(session);
  const words = wordsOf(standing, trace);
  const length = lengthOf(session, session.status === "finished" || standing.group === "quiet");
  const needs = standing.group === "needs-you";
  const canPutAside = needs && (standing.word === "failed" || standing.word === "gone");
  return (
    <div className={`row row-${standing.group}`} data-depth={Math.min(depth, 4)}>
      <span className="row-standing">
        <Pill tone={TONES[standing.word]}>{STANDING_NAMES[standing.word]}</Pill>
      </span>
      <span className="row-name">
        {children > 0 && (
          <button
            type="button"
            className="fold-button number"
            aria-expanded={open}
            aria-label={`${children} subagents of ${name}`}
            onClick={() => {
              onToggle(session.session_id);
            }}
          >
            {open ? "▾" : "▸"} {children}
          </button>
        )}
        <Link
          to="/session/$sessionId"
          params={{ sessionId: session.session_id }}
          data-session={session.session_id}
          title={name}
        >
          {name}
        </Link>
      </span>
      <span className="row-words">
        <span className="row-said" title={words}>
          {words}
        </span>
        {canPutAside && (
          <button
            type="button"
            className="button"
            title="Seen: it does not need me"
            onClick={() => {
              onAside(standing.key);
            }}
          >
            Seen
          </button>
        )}
      </span>
      <span className="row-agent">{agentOf(session)}</span>
      <span className="row-project">
        {project !== null && <span title={project}>{folderOf(project)}</span>}
        {session.branch !== null && <span className="quiet" title={`Branch ${session.branch}`}>{session.branch}</span>}
        {project !== null && depth === 0 && (
          <button
            type="button"
            className="button row-mute"
            aria-label={`${isMuted ? "Unmute" : "Mute"} ${folderOf(project)}`}
            title={isMuted ? "Sessions of this project count again" : "Sessions of this project neither count nor call"}
            onClick={() => {
              onMute(project, !isMuted);
            }}
          >
            {isMuted ? "Unmute" : "Mute"}
          </button>
        )}
      </span>
      <ActivityLine trace={trace} />
      <span className="row-events number" title="Events">
        {countText(session.event_count)}
        <span className="unseen"> events</span>
      </span>
      <span className={`row-errors number${session.error_count > 0 ? " has-errors" : ""}`} title="Errors">
        {session.error_count > 0 && `${countText(session.error_count)} ${session.error_count === 1 ? "error" : "errors"}`}
      </span>
      <span className="row-duration" title={length === undefined ? undefined : `Began ${exactText(new Date(length.from).toISOString())}`}>
        {length !== undefined && (
          <>
            <span className="unseen">lasts </span>
            <Duration {...length} />
          </>
        )}
      </span>
      <span className="row-age">
        <span className="unseen">{needs ? "waits since " : "last heard "}</span>
        <Time of={(needs ? session.activity?.since : undefined) ?? session.last_event_at ?? session.created_at} as="age" />
      </span>
    </div>
  );
});
