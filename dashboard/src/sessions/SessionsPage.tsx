/** All sessions: who needs the person, who works, who is quiet. */

import { getRouteApi, Navigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { useShortcuts } from "../app/keyboard";
import { useSnapshot } from "../live/store";
import { keepInSet, useKeptSet } from "../ui/kept";
import { useNow } from "../ui/ticker";
import { FilterBar } from "./FilterBar";
import type { Filters } from "./filters";
import { firstAmong } from "./first";
import { List } from "./list";
import { usePastOfSought } from "./past";
import { readScroll } from "./scroll";
import { SessionList } from "./SessionList";
import { RowHeadings } from "./SessionRow";
import "./sessions.css";

const route = getRouteApi("/");

export function SessionsPage() {
  const snapshot = useSnapshot();
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const muted = useKeptSet("muted");
  const aside = useKeptSet("aside");
  const toggled = useKeptSet("toggled");
  const now = useNow(60_000);
  usePastOfSought(filters.q !== undefined);
  const search = useRef<HTMLInputElement>(null);
  const [list] = useState(() => new List());
  const isWhole = useWhole(snapshot.begun, filters);
  const sessions = useMemo(() => (isWhole ? snapshot.sessions : firstAmong(snapshot.sessions, now)), [isWhole, snapshot, now]);
  const { lines, ids, counts } = useMemo(
    () => list.of({ ...snapshot, sessions, filters, muted, aside, toggled, now }),
    [list, snapshot, sessions, filters, muted, aside, toggled, now],
  );
  const change = useCallback(
    (changes: { [Key in keyof Filters]: Filters[Key] | undefined }) =>
      void navigate({ search: (before) => without({ ...before, ...changes }), replace: true }),
    [navigate],
  );
  const mute = (project: string, present: boolean) => {
    keepInSet("muted", project, present);
  };
  useShortcuts([
    { key: "/", does: "Find sessions", run: () => search.current?.select() },
    {
      key: "Escape",
      does: "Clear what is sought",
      run: () => {
        if (document.activeElement === search.current) search.current?.blur();
        if (filters.q !== undefined) change({ q: undefined });
      },
    },
  ]);
  if (snapshot.begun && snapshot.sessions.size === 0) return <Navigate to="/connect" replace />;
  return (
    <div className="sessions">
      <h1 className="unseen">Sessions</h1>
      <FilterBar
        sessions={sessions}
        filters={filters}
        counts={snapshot.begun && sessions === snapshot.sessions ? counts : undefined}
        muted={muted}
        search={search}
        onChange={change}
        onMute={mute}
      />
      {snapshot.begun && lines.length === 0 ? (
        <p className="nothing">No session is like that.</p>
      ) : (
        <>
          <RowHeadings />
          <SessionList lines={lines} ids={ids} snapshot={snapshot} />
        </>
      )}
    </div>
  );
}

/** Set with the first list that was drawn of all sessions. */
let wasWhole = false;

/** Whether all sessions are drawn: behind the first drawing, and at once where somebody looks for something, or further down. */
function useWhole(begun: boolean, filters: Filters): boolean {
  const [isWhole, setWhole] = useState(() => wasWhole || readScroll() > 0 || Object.keys(filters).length > 0);
  useEffect(() => {
    if (!begun || isWhole) return;
    // The frame that begins now is drawn before what a timer brings.
    const frame = requestAnimationFrame(() => {
      window.setTimeout(() => {
        wasWhole = true;
        setWhole(true);
      });
    });
    return () => {
      cancelAnimationFrame(frame);
    };
  }, [begun, isWhole]);
  return isWhole;
}

function without(search: { [Key in keyof Filters]: Filters[Key] | undefined }): Filters {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined));
}
