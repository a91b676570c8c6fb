/* global document, localStorage */
// Before anything is drawn: the colours that were chosen. A file of its own, for inline scripts are not allowed.
try {
  const theme = localStorage.getItem("agent-runtime theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing shows what the system says.
}
