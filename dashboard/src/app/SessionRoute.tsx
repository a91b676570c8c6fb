/** Hands the address of a session to its page. */

import { getRouteApi, useNavigate } from "@tanstack/react-router";

import { SessionPage } from "../session/SessionPage";
import { useShortcuts } from "./keyboard";

const route = getRouteApi("/session/$sessionId");

export function SessionRoute() {
  const { sessionId } = route.useParams();
  const { event, view } = route.useSearch();
  const navigate = useNavigate();
  useShortcuts([
    {
      key: "Escape",
      does: "Back to the sessions",
      run: () => {
        if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
        else void navigate({ to: "/" });
      },
    },
  ]);
  return <SessionPage sessionId={sessionId} view={view ?? "story"} {...(event === undefined ? {} : { eventId: event })} />;
}
