/** What can be done with a session. */

import { useRef, useState } from "react";

import { answerOf, api, type Session } from "../api/client";
import { nameOf } from "../sessions/name";
import { CopyButton } from "../ui/CopyButton";
import { loaded } from "../ui/version";
import { useGoTo } from "./Place";
import { resumeCommand } from "./resume";

interface ActsProps {
  readonly session: Session;
  readonly subagents: readonly Session[];
}

/** Resume, export, delete. */
export function Acts({ session, subagents }: ActsProps) {
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const command = resumeCommand(session);
  const keep = async (form: "ndjson" | "html") => {
    setBusy(true);
    setProblem("");
    try {
      const { asLines, asPage, fileName, save } = await loaded(() => import("./keep"));
      const blob = form === "html" ? await asPage(session) : await asLines(session);
      save(blob, fileName(nameOf(session), form));
    } catch (failure) {
      setProblem(failure instanceof Error ? failure.message : "The session could not be read.");
    }
    setBusy(false);
  };
  return (
    <div className="acts">
      {command !== undefined && <CopyButton label="Copy resume command" text={command} />}
      <button type="button" className="button" disabled={isBusy} onClick={() => void keep("html")}>
        Export HTML
      </button>
      <button type="button" className="button" disabled={isBusy} onClick={() => void keep("ndjson")}>
        Export NDJSON
      </button>
      <button type="button" className="button button-danger" onClick={() => dialog.current?.showModal()}>
        Delete…
      </button>
      {problem !== "" && <span role="alert">{problem}</span>}
      <dialog ref={dialog} aria-labelledby="delete-title" className="dialog">
        <DeleteForm
          session={session}
          subagents={subagents}
          onClose={() => {
            dialog.current?.close();
          }}
        />
      </dialog>
    </div>
  );
}

interface DeleteFormProps {
  readonly session: Session;
  readonly subagents: readonly Session[];
  readonly onClose: () => void;
}

function counted(count: number, one: string): string {
  return `${count.toLocaleString()} ${one}${count === 1 ? "" : "s"}`;
}

function DeleteForm({ session, subagents, onClose }: DeleteFormProps) {
  const [isWithSubagents, setWithSubagents] = useState(false);
  const [problem, setProblem] = useState("");
  const goTo = useGoTo();
  const remove = async () => {
    try {
      const gone = isWithSubagents ? [...subagents, session] : [session];
      for (const { session_id } of gone) await answerOf(api.DELETE("/sessions/{session_id}", { params: { path: { session_id } } }));
      onClose();
      goTo("/ui/");
    } catch (failure) {
      setProblem(failure instanceof Error ? failure.message : "The server was not reached.");
    }
  };
  const theirs = subagents.reduce((sum, { event_count }) => sum + event_count, 0);
  return (
    <form
      method="dialog"
      onSubmit={(event) => {
        event.preventDefault();
        void remove();
      }}
    >
      <h2 id="delete-title">Delete “{nameOf(session)}”?</h2>
      <p>{counted(session.event_count, "event")} will be gone. This cannot be undone.</p>
      {subagents.length > 0 && (
        <label className="check">
          <input
            type="checkbox"
            checked={isWithSubagents}
            onChange={({ target }) => {
              setWithSubagents(target.checked);
            }}
          />
          Also delete its {counted(subagents.length, "subagent")} with {counted(theirs, "event")}; otherwise they stay
        </label>
      )}
      {problem !== "" && <p role="alert">{problem}</p>}
      <div className="dialog-buttons">
        <button type="button" className="button" autoFocus onClick={onClose}>
          Keep
        </button>
        <button type="submit" className="button button-danger">
          Delete
        </button>
      </div>
    </form>
  );
}
