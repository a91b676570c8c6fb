/** Keeps the tab's title and icon, and calls the person when that was asked for. */

import { useEffect, useMemo, useState } from "react";

import { browser } from "../live/browser";
import { useSnapshot } from "../live/store";
import { usePast } from "../sessions/past";
import { keep, keepInSet, readKept, readKeptSet, useKept, useKeptSet } from "../ui/kept";
import { useNow } from "../ui/ticker";
import { callText, Calls, familiesAmong, iconOf, type Need, Needs } from "./attention";

/** The title is `page` with the count before it. */
export function Attention({ page, show }: { readonly page: string; readonly show: (sessionId: string) => void }) {
  usePast();
  const snapshot = useSnapshot();
  const needs = useNeeds();
  const count = familiesAmong(needs, snapshot);
  useEffect(() => {
    document.title = `${count === 0 ? "" : `(${count}) `}${page} · Agent Runtime`;
  }, [count, page]);
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (link === null) return;
    link.href = count === 0 ? `${import.meta.env.BASE_URL}favicon.svg` : iconOf(count);
  }, [count]);
  useCalls(needs, show);
  return null;
}

/** The switch for notifications. */
export function CallsSwitch() {
  const kept = useKept("notify");
  if (!("Notification" in window)) return null;
  const on = kept === "yes" && Notification.permission === "granted";
  const change = async () => {
    if (on) {
      keep("notify", "");
      return;
    }
    keep("notify", (await Notification.requestPermission()) === "granted" ? "yes" : "refused");
  };
  return (
    <button
      type="button"
      className="button"
      aria-pressed={on}
      title="Notify me when a session has waited for me for 10 seconds"
      onClick={() => void change()}
    >
      {kept === "refused" ? "Notifications are blocked" : on ? "Notifications on" : "Notify me"}
    </button>
  );
}

function useNeeds(): readonly Need[] {
  const [needs] = useState(() => new Needs());
  const snapshot = useSnapshot();
  const muted = useKeptSet("muted");
  const aside = useKeptSet("aside");
  const now = useNow(60_000);
  return useMemo(() => needs.of(snapshot, muted, aside, now), [needs, snapshot, muted, aside, now]);
}

function useCalls(needs: readonly Need[], show: (sessionId: string) => void): void {
  const first = useFirstTab();
  const { begun } = useSnapshot();
  const [calls] = useState(() => new Calls((milliseconds, run) => browser.after(milliseconds, run)));
  useEffect(() => {
    if (!begun) return;
    calls.look(needs, (need) => {
      if (first && readPermission() === "granted") call(need, show);
    });
  }, [begun, needs, calls, first, show]);
}

function readPermission(): NotificationPermission {
  return "Notification" in window && readKept("notify") === "yes" ? Notification.permission : "denied";
}

function call(need: Need, show: (sessionId: string) => void): void {
  // The tab that called before may be gone: what it called for is kept.
  if (readKeptSet("called").has(need.standing.key)) return;
  keepInSet("called", need.standing.key, true);
  try {
    const notification = new Notification(need.name, { body: callText(need), tag: need.standing.key });
    notification.onclick = () => {
      window.focus();
      show(need.sessionId);
      notification.close();
    };
  } catch {
    // Some browsers, such as those of telephones, say that they have them and refuse each one.
    keep("notify", "refused");
  }
}

/** Whether this is the tab that calls: the one that holds the lock. It goes to the next when this one closes. */
function useFirstTab(): boolean {
  const [first, setFirst] = useState(false);
  useEffect(() => {
    // Browsers have locks where they have notifications: in secure contexts.
    if (!("locks" in navigator)) return;
    const end = new AbortController();
    const held = navigator.locks.request("agent-runtime calls", { signal: end.signal }, async () => {
      setFirst(true);
      await new Promise<void>((release) => {
        end.signal.addEventListener("abort", () => {
          release();
        });
      });
    });
    held.catch(() => undefined);
    return () => {
      end.abort();
      setFirst(false);
    };
  }, []);
  return first;
}
