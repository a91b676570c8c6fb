/** What is shown of the list. */

import { type RefObject, useMemo, useState } from "react";

import type { Session } from "../api/client";
import { countText } from "../ui/instant";
import type { Filters } from "./filters";
import { agentOf, folderOf, type Group } from "./standing";

const GROUPS: readonly (readonly [Group, string])[] = [
  ["needs-you", "Needs you"],
  ["working", "Working"],
  ["quiet", "Quiet"],
];

export function FilterBar({
  sessions,
  filters,
  counts,
  muted,
  search,
  onChange,
  onMute,
}: {
  readonly sessions: ReadonlyMap<string, Session>;
  readonly filters: Filters;
  /** Not known before all sessions are looked at. */
  readonly counts: Record<Group, number> | undefined;
  readonly muted: ReadonlySet<string>;
  readonly search: RefObject<HTMLInputElement | null>;
  readonly onChange: (change: { [Key in keyof Filters]: Filters[Key] | undefined }) => void;
  readonly onMute: (project: string, mute: boolean) => void;
}) {
  const agents = useMemo(() => [...new Set([...sessions.values()].map(agentOf))].sort(), [sessions]);
  const projects = useMemo(() => projectsOf(sessions), [sessions]);
  const { project } = filters;
  return (
    <div className="filters" role="search" aria-label="Sessions">
      <div className="segments" role="group" aria-label="Status">
        {GROUPS.map(([group, name]) => (
          <button
            key={group}
            type="button"
            className="button"
            aria-pressed={filters.status === group}
            onClick={() => {
              onChange({ status: filters.status === group ? undefined : group });
            }}
          >
            {name} <span className="number quiet">{counts !== undefined && countText(counts[group])}</span>
          </button>
        ))}
      </div>
      <Choice
        name="Agent"
        all="All agents"
        value={filters.agent}
        options={agents.map((agent) => [agent, agent])}
        onChange={(agent) => {
          onChange({ agent });
        }}
      />
      <Choice
        name="Project"
        all="All projects"
        value={project}
        options={projects.map((each) => [each, muted.has(each) ? `${folderOf(each)} (muted)` : folderOf(each)])}
        onChange={(each) => {
          onChange({ project: each });
        }}
      />
      {project !== undefined && (
        <button
          type="button"
          className="button"
          title={project}
          onClick={() => {
            onMute(project, !muted.has(project));
          }}
        >
          {muted.has(project) ? "Unmute" : "Mute"} {folderOf(project)}
        </button>
      )}
      <SearchField
        value={filters.q ?? ""}
        input={search}
        onChange={(text) => {
          onChange({ q: text === "" ? undefined : text });
        }}
      />
    </div>
  );
}

/** The address follows what is written, some moments later. Who writes is not corrected by it. */
function SearchField({
  value,
  input,
  onChange,
}: {
  readonly value: string;
  readonly input: RefObject<HTMLInputElement | null>;
  readonly onChange: (text: string) => void;
}) {
  const [text, setText] = useState(value);
  const [isWriting, setWriting] = useState(false);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    setKnown(value);
    if (!isWriting) setText(value);
  }
  return (
    <input
      ref={input}
      type="search"
      className="search"
      placeholder="Find sessions ( / )"
      aria-label="Find sessions by what their rows say, their id or their folder"
      value={text}
      onFocus={() => {
        setWriting(true);
      }}
      onBlur={() => {
        setWriting(false);
      }}
      onChange={({ target }) => {
        setText(target.value);
        onChange(target.value);
      }}
    />
  );
}

function Choice({
  name,
  all,
  value,
  options,
  onChange,
}: {
  readonly name: string;
  readonly all: string;
  readonly value: string | undefined;
  readonly options: readonly (readonly [string, string])[];
  readonly onChange: (value: string | undefined) => void;
}) {
  const known = value === undefined || options.some(([each]) => each === value);
  return (
    <label className="field">
      <span className="unseen">{name}</span>
      <select
        value={value ?? ""}
        onChange={(event) => {
          onChange(event.target.value === "" ? undefined : event.target.value);
        }}
      >
        <option value="">{all}</option>
        {options.map(([each, text]) => (
          <option key={each} value={each} title={each}>
            {text}
          </option>
        ))}
        {!known && <option value={value}>{value}</option>}
      </select>
    </label>
  );
}

function projectsOf(sessions: ReadonlyMap<string, Session>): string[] {
  const projects = new Set<string>();
  for (const { project_dir } of sessions.values()) if (project_dir !== null) projects.add(project_dir);
  return [...projects].sort((one, other) => folderOf(one).localeCompare(folderOf(other)));
}
