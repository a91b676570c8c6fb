/** Where the page begins. */

import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { router } from "./app/routes";
import { countText, exactText } from "./ui/instant";
import "./ui/tokens.css";
import "./ui/elements.css";

const place = document.getElementById("page");
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <RouterProvider router={router} />
    </StrictMode>,
  );
  // The first row needs these formats. They are made while the server's first word is on its way.
  window.setTimeout(() => {
    exactText(new Date().toISOString());
    countText(0);
  });
}
