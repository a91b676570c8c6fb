/** Who was busiest, and what was slowest. */

import type { ProjectStats, ToolStats } from "../api/added";
import { lasted } from "../session/instant";

/** Rows of a table; what comes after them is small. */
const MOST = 15;

function duration(milliseconds: number | null): string {
  return milliseconds === null ? "–" : lasted(milliseconds);
}

/** The folders with the most events. */
export function Busiest({ projects }: { readonly projects: readonly ProjectStats[] }) {
  const rows = projects.toSorted((one, other) => other.events - one.events).slice(0, MOST);
  return (
    <section className="panel" aria-label="Busiest projects">
      <h2>Busiest projects</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Project</th>
            <th scope="col">Sessions</th>
            <th scope="col">Events</th>
            <th scope="col">Tool calls</th>
            <th scope="col">Failures</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ project_dir, sessions, events, tool_calls, failures }) => (
            <tr key={project_dir ?? ""}>
              <th scope="row" title={project_dir ?? undefined}>
                {project_dir ?? "Without a folder"}
              </th>
              <td>{sessions.toLocaleString()}</td>
              <td>{events.toLocaleString()}</td>
              <td>{tool_calls.toLocaleString()}</td>
              <td>{failures.toLocaleString()}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p className="quiet">Nothing in this time.</p>}
    </section>
  );
}

/** The tools that take longest. */
export function Slowest({ tools }: { readonly tools: readonly ToolStats[] }) {
  const rows = tools.toSorted((one, other) => (other.p95_ms ?? -1) - (one.p95_ms ?? -1)).slice(0, MOST);
  return (
    <section className="panel" aria-label="Slowest tools">
      <h2>Slowest tools</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Tool</th>
            <th scope="col">Calls</th>
            <th scope="col">Failures</th>
            <th scope="col">Half in</th>
            <th scope="col">95 of 100 in</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ tool_name, calls, failures, p50_ms, p95_ms }) => (
            <tr key={tool_name}>
              <th scope="row" title={tool_name}>
                {tool_name}
              </th>
              <td>{calls.toLocaleString()}</td>
              <td>{failures.toLocaleString()}</td>
              <td>{duration(p50_ms)}</td>
              <td>{duration(p95_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p className="quiet">Nothing in this time.</p>}
    </section>
  );
}
