/** Where the page begins. */

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import "./ui/tokens.css";

const place = document.getElementById("page");
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <h1>Agent Runtime</h1>
    </StrictMode>,
  );
}
