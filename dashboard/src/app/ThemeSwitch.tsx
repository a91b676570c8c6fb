/** Light, dark, or as the system says. `public/first.js` applies the choice before the first paint. */

import { useEffect } from "react";

import { keep, useKept } from "../ui/kept";

const CHOICES = [
  ["", "System colours"],
  ["light", "Light"],
  ["dark", "Dark"],
] as const;

export function ThemeSwitch() {
  const theme = useKept("theme");
  useEffect(() => {
    if (theme === "") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  return (
    <label className="field">
      <span className="unseen">Colours</span>
      <select
        value={theme}
        onChange={(event) => {
          keep("theme", event.target.value);
        }}
      >
        {CHOICES.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
