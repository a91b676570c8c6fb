/** Says what is missing once, before any test fails for it. */

import { missing } from "./places";

export default function ready(): void {
  const lacks = missing();
  if (lacks.length > 0) throw new Error(lacks.join("\n"));
}
