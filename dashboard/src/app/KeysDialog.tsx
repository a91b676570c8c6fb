/** All keys, on `?`. */

import { useRef } from "react";

import { useAllShortcuts, useShortcuts } from "./keyboard";

export function KeysDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const show = () => dialog.current?.showModal();
  useShortcuts([{ key: "?", does: "Show all keys", run: show }]);
  const shortcuts = useAllShortcuts();
  return (
    <>
      <button type="button" className="button" onClick={show} aria-haspopup="dialog" title="Keys (?)">
        Keys
      </button>
      <dialog ref={dialog} className="dialog" aria-labelledby="keys-title">
        <h2 id="keys-title">Keys</h2>
        <dl className="keys">
          {shortcuts.map(({ key, does }) => (
            <div key={key}>
              <dt>
                <kbd>{key === "Escape" ? "Esc" : key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
          <div>
            <dt>
              <kbd>Enter</kbd>
            </dt>
            <dd>Open what is chosen</dd>
          </div>
        </dl>
        <form method="dialog">
          <button className="button">Close</button>
        </form>
      </dialog>
    </>
  );
}
