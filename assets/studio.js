// Ctrl+Enter (Cmd+Enter on a Mac) presses the Generate button of the open tab, from wherever the cursor is.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const open = [...document.querySelectorAll("button.generate")].find((button) => button.offsetParent !== null);
  if (!open) return;
  event.preventDefault();
  open.click();
});
