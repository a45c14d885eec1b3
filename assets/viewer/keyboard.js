// Space plays, Left and Right step a frame, R resets the view: of the stage in sight.

const KEYS = {
  " ": (player) => player.toggle(),
  ArrowLeft: (player) => player.step(-1),
  ArrowRight: (player) => player.step(1),
  r: (player) => player.resetView(),
};
const TYPED = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable=true]";
const PRESSED = "button, a, input:not([type=range]), [role=tab]";
const ARROWED = "input[type=range], input[type=radio], [role=tab], [role=slider], [role=listbox]";

let clicked = null; // what the pointer pressed last: Space plays after a click on a button, and does not press it again

/** Whether the element that has the focus needs the key for itself. */
function taken(key, target) {
  if (target.matches(TYPED)) return true;
  if (key === " ") return target.matches(PRESSED) && target !== clicked;
  return key.startsWith("Arrow") && target.matches(ARROWED);
}

/** Listens for the page; `playerInSight` tells whose keys they are, or null. */
export function listen(playerInSight) {
  document.addEventListener("pointerdown", ({ target }) => (clicked = target.closest(PRESSED)));
  document.addEventListener("keydown", (event) => {
    const press = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const player = press && playerInSight();
    if (!player || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && taken(event.key, event.target)) return;
    event.preventDefault();
    press(player);
  });
}
