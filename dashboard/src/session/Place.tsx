/** Links to places of the page. */

import { useRouter, type RouterHistory } from "@tanstack/react-router";
import type { MouseEvent, ReactNode } from "react";

/** Where in a session. */
export interface Spot {
  readonly event?: number | undefined;
  readonly view?: "story" | "time";
}

/** The address of a session, and of an event in it. */
export function sessionAddress(sessionId: string, { event, view }: Spot = {}): string {
  const parameters = new URLSearchParams();
  if (event !== undefined) parameters.set("event", String(event));
  if (view === "time") parameters.set("view", view);
  const query = parameters.toString();
  return `/ui/session/${encodeURIComponent(sessionId)}${query === "" ? "" : `?${query}`}`;
}

/** Goes to a place of the page without loading it anew. */
export function useGoTo(): (address: string, options?: { readonly replace: boolean }) => void {
  const { history } = useRouter() as { readonly history: RouterHistory };
  return (address, options) => {
    if (options?.replace === true) history.replace(address);
    else history.push(address);
  };
}

interface PlaceProps {
  readonly to: string;
  readonly className?: string | undefined;
  readonly title?: string | undefined;
  readonly isCurrent?: boolean | undefined;
  readonly children: ReactNode;
}

/** A link within the page; with a modifier it opens wherever the browser opens links. */
export function Place({ to, className, title, isCurrent, children }: PlaceProps) {
  const goTo = useGoTo();
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    goTo(to);
  };
  return (
    <a href={to} className={className} title={title} aria-current={isCurrent === true ? "page" : undefined} onClick={follow}>
      {children}
    </a>
  );
}
