/** Ends what the sign-in began. */

import { api } from "../api/client";
import { signedOut } from "../live/store";
import { keep } from "../ui/kept";

export function SignOutButton() {
  const signOut = async () => {
    const answer = await api.POST("/sign-out").catch(() => undefined);
    if (answer?.response.ok !== true) return;
    keep("signed-in", "");
    signedOut();
  };
  return (
    <button type="button" className="button" onClick={() => void signOut()}>
      Sign out
    </button>
  );
}
