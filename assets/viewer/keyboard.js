// Space plays, Left and Right step a frame, R resets the view: of the stage in sight.

const KEYS = {
  " ": (player) => player.toggle(),
  ArrowLeft: (player) => player.step(-1),
  ArrowRight: (player) => player.step(1),
  r: (player) => player.resetView(),
};
const TYPED = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable=true]";
const ARROWED = "input[type=range], input[type=radio], [role=tab], [role=slider], [role=listbox]";

/** Whether the element that has the focus needs the key for itself. */
function taken(key, target) {
  if (target.matches(TYPED)) return true;
  if (key === " ") return target.matches("button, a, input, [role=tab]") && target.matches(":focus-visible:not([type=range])");
  return key.startsWith("Arrow") && target.matches(ARROWED);
}

/** Listens for the page; `playerInSight` tells whose keys they are, or null. */
export function listen(playerInSight) {
  document.addEventListener("keydown", (event) => {
    const press = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const player = press && playerInSight();
    if (!player || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && taken(event.key, event.target)) return;
    event.preventDefault();
    press(player);
  });
}
