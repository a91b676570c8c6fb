import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { compress } from "./compress.ts";

/** Where `make dev` serves; its answers are handed on while the page is worked on. */
const SERVER = "http://127.0.0.1:8765";

export default defineConfig({
  // The page's own files live under /ui/, beside the API.
  base: "/ui/",
  plugins: [react(), compress()],
  build: {
    // What a strict Content-Security-Policy allows: no inline script, no data in place of a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
    sourcemap: false,
    // On a busy machine every build is slow; that is no fault of a plugin.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: {
      "^/(sessions|events|ingest|hooks|stream|stats|health|healthz|readyz|metrics|docs|openapi.json|sign-in|sign-out)": SERVER,
      "/ws": { target: SERVER, ws: true },
    },
  },
});
