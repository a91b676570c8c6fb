/** Every address of the page. What is not needed at first is loaded when it is. */

import { createRootRoute, createRoute, createRouter, type ErrorComponentProps, lazyRouteComponent } from "@tanstack/react-router";

import { type Filters, readFilters } from "../sessions/filters";
import { SessionsPage } from "../sessions/SessionsPage";
import { loaded } from "../ui/version";
import { Shell } from "./Shell";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const sessions = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: (search: Record<string, unknown>): Filters => readFilters(search),
  component: SessionsPage,
});

const session = createRoute({
  getParentRoute: () => root,
  path: "/session/$sessionId",
  validateSearch: (search: Record<string, unknown>): { event?: number; view?: "time" } => ({
    ...(Number.isSafeInteger(search.event) ? { event: search.event as number } : {}),
    ...(search.view === "time" ? { view: "time" } : {}),
  }),
  component: lazyRouteComponent(() => loaded(() => import("./SessionRoute")), "SessionRoute"),
});

const overview = createRoute({
  getParentRoute: () => root,
  path: "/overview",
  component: lazyRouteComponent(() => loaded(() => import("../overview/OverviewPage")), "OverviewPage"),
});

const connect = createRoute({
  getParentRoute: () => root,
  path: "/connect",
  component: lazyRouteComponent(() => loaded(() => import("../connect/ConnectPage")), "ConnectPage"),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  component: lazyRouteComponent(() => loaded(() => import("../sign-in/SignInPage")), "SignInPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([sessions, session, overview, connect, signIn]),
  basepath: import.meta.env.BASE_URL.replace(/\/$/, ""),
  defaultPreload: "intent",
  defaultErrorComponent: NotLoaded,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

function NotFound() {
  return (
    <div className="page">
      <h1>Nothing here</h1>
      <p>This address names no view. The sessions are at the top left.</p>
    </div>
  );
}

/** A view that could not be loaded, or not be drawn. */
function NotLoaded({ reset }: ErrorComponentProps) {
  return (
    <div className="page" role="alert">
      <h1>This view could not be shown</h1>
      <p>The server may be away for a moment.</p>
      <button type="button" className="button" onClick={reset}>
        Try again
      </button>
    </div>
  );
}
