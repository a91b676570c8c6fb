/** Where the page begins. */

import { createRootRoute, createRoute, createRouter, RouterProvider, useParams, useSearch } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { OverviewPage } from "./overview/OverviewPage";
import { SessionPage } from "./session/SessionPage";
import "./ui/tokens.css";

function SessionRoute() {
  const { sessionId = "" } = useParams({ strict: false });
  const { event, view } = useSearch({ strict: false });
  return <SessionPage sessionId={sessionId} eventId={typeof event === "number" ? event : undefined} view={view === "time" ? "time" : "story"} />;
}

const root = createRootRoute();
const overview = createRoute({ getParentRoute: () => root, path: "/ui/overview", component: OverviewPage });
const session = createRoute({
  getParentRoute: () => root,
  path: "/ui/session/$sessionId",
  validateSearch: (search: { event?: unknown; view?: unknown }) => search,
  component: SessionRoute,
});
const router = createRouter({ routeTree: root.addChildren([overview, session]) });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

const place = document.getElementById("page");
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <RouterProvider router={router} />
    </StrictMode>,
  );
}
