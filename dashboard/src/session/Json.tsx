/** Any value, as JSON. */

import { memo } from "react";

import { Code } from "./Code";

/** A value as JSON, indented. */
export const Json = memo(function Json({ value }: { readonly value: unknown }) {
  return <Code text={JSON.stringify(value, undefined, 2)} language="json" />;
});
