// Ctrl+Enter (Cmd+Enter on a Mac) presses the Generate button of the open tab, from wherever the cursor is.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const open = [...document.querySelectorAll("button.generate")].find((button) => button.offsetParent !== null);
  if (!open) return;
  event.preventDefault();
  open.click();
});

// On a narrow screen the result is below the inputs: it is brought into sight when a run begins.
document.addEventListener("click", ({ target }) => {
  const workspace = target.closest("button.generate, .inspector .gallery-item")?.closest(".workspace");
  const [inputs, stage] = [".inspector", ".stage:not(.map-page)"].map((name) => workspace?.querySelector(name));
  if (!stage || stage.getBoundingClientRect().top < inputs.getBoundingClientRect().bottom) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  stage.scrollIntoView({ behavior: still ? "instant" : "smooth" });
});

// A recipe, or the ZIP of a result, that is dropped anywhere on the page is opened.
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener(
  "drop",
  (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file || !/\.(json|zip)$/i.test(file.name)) return;
    event.preventDefault();
    event.stopPropagation();
    const input = document.querySelector(".recipe-file input");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  },
  true,
);
