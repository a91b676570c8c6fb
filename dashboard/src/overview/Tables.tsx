/** Who was busiest, and what was slowest. */

import type { Statistics } from "../api/client";
import { toolTitle } from "../session/tools";
import { folderOf } from "../sessions/standing";
import { countText, measuredText } from "../ui/instant";
import { Table, type Column } from "../ui/Table";

/** Rows of a table; what comes after them is small. */
const MOST = 15;

type Project = Statistics["projects"][number];
type Tool = Statistics["tools"][number];

/** A length of time, or that there is none. */
function durationText(milliseconds: number | null): string {
  return milliseconds === null ? "–" : measuredText(milliseconds);
}

/** The folder first, as that tells projects apart; where it lies may be cut. */
function Folder({ path }: { readonly path: string }) {
  const name = folderOf(path);
  const above = path.slice(0, path.lastIndexOf(name)).replace(/(?<=.)[/\\]$/, "");
  return (
    <span title={path}>
      {name} <span className="quiet">{above}</span>
    </span>
  );
}

/** The tool's own name first, then the server that has it. */
function ToolName({ of }: { readonly of: string }) {
  const { name, server } = toolTitle(of);
  return (
    <span title={of}>
      {name} {server !== undefined && <span className="quiet">{server}</span>}
    </span>
  );
}

const PROJECT: readonly Column<Project>[] = [
  { name: "Project", of: ({ project_dir }) => <Folder path={project_dir} /> },
  { name: "Sessions", isExtra: true, of: ({ sessions }) => countText(sessions) },
  { name: "Events", of: ({ events }) => countText(events) },
  { name: "Tool calls", isExtra: true, of: ({ tool_calls }) => countText(tool_calls) },
  { name: "Failures", of: ({ failures }) => countText(failures) },
];

const TOOL: readonly Column<Tool>[] = [
  { name: "Tool", of: ({ tool_name }) => <ToolName of={tool_name} /> },
  { name: "Calls", of: ({ calls }) => countText(calls) },
  { name: "Failures", isExtra: true, of: ({ failures }) => countText(failures) },
  { name: "Half within", isExtra: true, of: ({ p50_ms }) => durationText(p50_ms) },
  { name: "95 % within", of: ({ p95_ms }) => durationText(p95_ms) },
];

/** The folders with the most events. */
export function Busiest({ projects }: { readonly projects: readonly Project[] }) {
  const rows = projects.toSorted((one, other) => other.events - one.events).slice(0, MOST);
  return (
    <section className="panel" aria-label="Busiest projects">
      <h2>Busiest projects</h2>
      <Table columns={PROJECT} rows={rows} keyOf={({ project_dir }) => project_dir} />
    </section>
  );
}

/** The tools that take longest. */
export function Slowest({ tools }: { readonly tools: readonly Tool[] }) {
  const rows = tools.toSorted((one, other) => (other.p95_ms ?? -1) - (one.p95_ms ?? -1)).slice(0, MOST);
  return (
    <section className="panel" aria-label="Slowest tools">
      <h2>
        Slowest tools <span className="quiet tables-note">times are at most a tenth off</span>
      </h2>
      <Table columns={TOOL} rows={rows} keyOf={({ tool_name }) => tool_name} />
    </section>
  );
}
