/** The name of a session, to be changed in place. */

import { useEffect, useRef, useState } from "react";

import { answerOf, api, type Session } from "../api/client";
import { nameOf } from "../sessions/name";

/** The heading, and a field in its place while it is written. */
export function Rename({ session }: { readonly session: Session }) {
  const { session_id, session_name } = session;
  const [name, setName] = useState<string>();
  const [problem, setProblem] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const isWritten = name !== undefined;
  const wasWritten = useRef(false);
  useEffect(() => {
    // The field stands where the reader just pressed, and the button where they just wrote.
    if (isWritten) field.current?.focus();
    else if (wasWritten.current) button.current?.focus();
    wasWritten.current = isWritten;
  }, [isWritten]);
  const save = async (given: string) => {
    try {
      const params = { path: { session_id } };
      await answerOf(api.PATCH("/sessions/{session_id}/metadata", { params, body: { session_name: given } }));
      setName(undefined);
      setProblem("");
    } catch (failure) {
      setProblem(failure instanceof Error ? failure.message : "The server was not reached.");
    }
  };
  if (name === undefined)
    return (
      <h1>
        {nameOf(session)}{" "}
        <button
          ref={button}
          type="button"
          className="small-button"
          onClick={() => {
            setName(session_name);
          }}
        >
          Rename
        </button>
      </h1>
    );
  return (
    <form
      className="rename"
      onSubmit={(event) => {
        event.preventDefault();
        void save(name);
      }}
    >
      <input
        aria-label="Name"
        value={name}
        maxLength={256}
        ref={field}
        onChange={({ target }) => {
          setName(target.value);
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          // It leaves the field, not the page.
          event.preventDefault();
          setName(undefined);
        }}
      />
      <button type="submit" className="button">
        Save
      </button>
      {problem !== "" && <span role="alert">{problem}</span>}
    </form>
  );
}
