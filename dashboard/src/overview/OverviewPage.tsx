/** All sessions over time. */

import { useSessions } from "../live/store";

export function OverviewPage() {
  const sessions = useSessions();
  return (
    <div className="page">
      <h1>Overview</h1>
      <p>{sessions.size.toLocaleString()} sessions</p>
    </div>
  );
}
