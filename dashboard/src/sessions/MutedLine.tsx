/** At the end of the list: which projects are muted, and how to hear of them again. */

import { countText } from "../ui/instant";
import type { Line } from "./list";
import { folderOf } from "./standing";

function counted(count: number, one: string): string {
  return `${countText(count)} ${one}${count === 1 ? "" : "s"}`;
}

interface MutedLineProps {
  readonly line: Extract<Line, { kind: "muted" }>;
  readonly onToggle: (key: string) => void;
  readonly onMute: (project: string, mute: boolean) => void;
}

/** The heading of the muted sessions, with a button for each of their projects. */
export function MutedLine({ line: { key, projects, count, open }, onToggle, onMute }: MutedLineProps) {
  return (
    <div className="group group-muted">
      <button
        type="button"
        className="fold-button"
        aria-expanded={open}
        onClick={() => {
          onToggle(key);
        }}
      >
        {open ? "▾" : "▸"} Muted <span className="number">{counted(count, "session")} of {counted(projects.length, "project")}</span>
      </button>
      {projects.map((project) => (
        <button
          key={project}
          type="button"
          className="button"
          title={project}
          onClick={() => {
            onMute(project, false);
          }}
        >
          Unmute {folderOf(project)}
        </button>
      ))}
    </div>
  );
}
