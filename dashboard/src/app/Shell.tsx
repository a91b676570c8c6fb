/** What is around every view: the way to the others, how the connection stands, and what the person chose. */

import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useRef } from "react";

import { useConnection, useSession } from "../live/store";
import { nameOf } from "../sessions/name";
import { useKept } from "../ui/kept";
import { loaded, useIsOutdated } from "../ui/version";
import { Attention, CallsSwitch } from "./Attention";
import { ConnectionState } from "./ConnectionState";
import { KeysDialog } from "./KeysDialog";
import { SignOutButton } from "./SignOutButton";
import { ThemeSwitch } from "./ThemeSwitch";
import "./shell.css";

const SignInPage = lazy(async () => ({ default: (await loaded(() => import("../sign-in/SignInPage"))).SignInPage }));

export function Shell() {
  const { state } = useConnection();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  const signedIn = useKept("signed-in") === "yes";
  useEffect(() => {
    // A new view is read from its beginning, or from where it was left. The first one has the focus where the browser puts it.
    const isInside = main.current?.contains(document.activeElement) === true;
    if (shown.current !== pathname && !isInside) main.current?.focus({ preventScroll: true });
    shown.current = pathname;
  }, [pathname]);
  const show = useCallback(
    (sessionId: string) => void navigate({ to: "/session/$sessionId", params: { sessionId } }),
    [navigate],
  );
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="bar">
        <span className="brand">Agent Runtime</span>
        <nav className="ways" aria-label="Views">
          <Link to="/" activeOptions={{ exact: true, includeSearch: false }}>
            Sessions
          </Link>
          <Link to="/overview">Overview</Link>
          <Link to="/connect">Connect</Link>
        </nav>
        <ConnectionState />
        <div className="choices">
          <CallsSwitch />
          <ThemeSwitch />
          <KeysDialog />
          {signedIn && <SignOutButton />}
        </div>
      </header>
      <NewerPage />
      <main id="main" ref={main} tabIndex={-1}>
        {state === "signed-out" && pathname !== "/sign-in" ? (
          <Suspense>
            <SignInPage />
          </Suspense>
        ) : (
          <Outlet />
        )}
      </main>
      <Attention page={usePageName(pathname)} show={show} />
    </div>
  );
}

/** A newer page is there: parts of this one cannot be had any more. The address, and what is in it, stays. */
function NewerPage() {
  const isOutdated = useIsOutdated();
  return (
    <div role="status">
      {isOutdated && (
        <p className="newer">
          A newer version of this page is there; parts of this one are missing.{" "}
          <button
            type="button"
            className="button"
            onClick={() => {
              window.location.reload();
            }}
          >
            Reload
          </button>
        </p>
      )}
    </div>
  );
}

function usePageName(pathname: string): string {
  const named = /^\/session\/(.+)$/.exec(pathname)?.[1];
  const session = useSession(named === undefined ? "" : decoded(named));
  if (named !== undefined) return session === undefined ? "Session" : nameOf(session);
  return { "/overview": "Overview", "/connect": "Connect", "/sign-in": "Sign in" }[pathname] ?? "Sessions";
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
