/** Asks for the server's token, once; what it gives in return is a cookie that scripts cannot read. */

import { type SubmitEvent, useState } from "react";

import { connectNow } from "../live/store";
import { keep } from "../ui/kept";
import "./sign-in.css";

export function SignInPage() {
  const [problem, setProblem] = useState<string>();
  const [done, setDone] = useState(false);
  const [asking, setAsking] = useState(false);
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get("token");
    if (typeof token !== "string") return;
    setAsking(true);
    const refusal = await signIn(token.trim());
    setAsking(false);
    setProblem(refusal);
    if (refusal !== undefined) return;
    setDone(true);
    keep("signed-in", "yes");
    connectNow();
  };
  return (
    <div className="page sign-in">
      <h1>Sign in</h1>
      {done ? (
        <p role="status">Signed in.</p>
      ) : (
        <form onSubmit={(event) => void submit(event)}>
          <p>This server asks for its token: the one it was started with, as its --token or AGENT_RUNTIME_TOKEN.</p>
          <label htmlFor="token">Token</label>
          <input
            id="token"
            name="token"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
            aria-invalid={problem !== undefined}
            aria-describedby="token-problem"
          />
          <p id="token-problem" className="problem" role="alert">
            {problem}
          </p>
          <button className="button main-button" disabled={asking}>
            Sign in
          </button>
        </form>
      )}
    </div>
  );
}

/** Answers why not; `undefined` when it is done. */
async function signIn(token: string): Promise<string | undefined> {
  try {
    const headers = { "content-type": "application/json" };
    const answer = await fetch("/sign-in", { method: "POST", headers, body: JSON.stringify({ token }) });
    if (answer.ok) return undefined;
    return answer.status === 401 ? "This is not the server's token." : `The server refused (${answer.status}).`;
  } catch {
    return "The server was not reached.";
  }
}
