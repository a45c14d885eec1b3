// A short introduction on the first visit: four places of the page, one after another.  It can be left at any time, is
// remembered in this browser, and comes again with the button in the masthead.
const MoteTour = (() => {
  const SEEN = "mote-introduced";
  const GAP = 10; // pixels between a place and what is said of it
  const PLACES = [
    [".inspector .block:has(> label textarea)", "Write what a person does", "One movement a line, for example “a person waves with the left hand”. While you type, prompts that the model knows are offered."],
    ["button.generate", "Make the motion", "Or press Ctrl and Enter. It takes a second or two, and the same seed makes the same motion again."],
    [".player-stage", "Watch it from all sides", "Drag to turn, scroll to zoom. Space plays, the arrow keys step."],
    [".result-bar", "Take it with you", "As a picture, a film, or a motion for Blender and game engines."],
  ];
  let card = null;

  // A page inside another may be denied storage.
  function seen() {
    try { return localStorage.getItem(SEEN) !== null; } catch { return true; }
  }
  function remember() {
    try { localStorage.setItem(SEEN, "yes"); } catch { /* then it comes again */ }
  }
  const visible = (selector) => [...document.querySelectorAll(selector)].find((place) => place.offsetParent !== null);

  function close() {
    document.querySelector(".tour-place")?.classList.remove("tour-place");
    card?.remove();
    card = null;
    remember();
  }

  function put(place) {
    const box = place.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = card;
    const right = box.right + GAP + width <= innerWidth;
    const inside = box.height > 2 * height;
    const above = box.bottom + GAP + height > innerHeight;
    const x = right ? box.right + GAP : box.left + GAP;
    const y = right ? box.top : inside ? box.top + 3 * GAP : above ? box.top - GAP - height : box.bottom + GAP;
    card.style.left = `${Math.max(GAP, Math.min(x, innerWidth - width - GAP))}px`;
    card.style.top = `${Math.max(GAP, Math.min(y, innerHeight - height - GAP))}px`;
  }

  function show(places, at) {
    const [selector, title, words] = places[at];
    const place = visible(selector);
    document.querySelector(".tour-place")?.classList.remove("tour-place");
    place.classList.add("tour-place");
    place.scrollIntoView({ block: "nearest" });
    card.setAttribute("aria-label", `Introduction, ${at + 1} of ${places.length}`);
    card.querySelector("h2").textContent = title;
    card.querySelector("p").textContent = words;
    card.querySelector("span").textContent = `${at + 1} of ${places.length}`;
    const next = card.querySelector(".next");
    const last = at + 1 === places.length;
    next.textContent = last ? "Done" : "Next";
    next.onclick = () => (last ? close() : show(places, at + 1));
    card.querySelector(".skip").hidden = last;
    put(place);
    next.focus({ preventScroll: true });
  }

  function open() {
    close();
    const places = PLACES.filter(([selector]) => visible(selector));
    if (places.length === 0) return;
    card = document.createElement("div");
    card.className = "tour";
    card.setAttribute("role", "dialog");
    card.innerHTML = `<h2></h2><p aria-live="polite"></p><div><span></span>
      <button type="button" class="skip">Skip</button><button type="button" class="next"></button></div>`;
    card.querySelector(".skip").onclick = close;
    card.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
    document.querySelector(".gradio-container").append(card);
    show(places, 0);
  }

  /** Open once on the first visit, as soon as the page is there. */
  function greet(left = 100) {
    if (seen() || left === 0) return;
    if (PLACES.slice(0, 2).every(([selector]) => visible(selector))) open();
    else setTimeout(() => greet(left - 1), 100);
  }

  // Who makes something has found the way.
  document.addEventListener("click", ({ target }) => {
    if (card && target.closest("button.generate, .inspector .gallery-item")) close();
  });

  return { open, greet };
})();
MoteTour.greet();
