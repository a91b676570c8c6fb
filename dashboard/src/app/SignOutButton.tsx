/** Ends what the sign-in began. */

import { signedOut } from "../live/store";
import { keep } from "../ui/kept";

export function SignOutButton() {
  const signOut = async () => {
    const answer = await fetch("/sign-out", { method: "POST" }).catch(() => undefined);
    if (answer?.ok !== true) return;
    keep("signed-in", "");
    signedOut();
  };
  return (
    <button type="button" className="button" onClick={() => void signOut()}>
      Sign out
    </button>
  );
}
