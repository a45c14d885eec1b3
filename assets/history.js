// The history of this browser: what was generated, newest first, in localStorage.  `attach` fills the drawer that
// mote/ui/drawer.py writes; Python is told which entry is to be shown again, and which are to be compared.

const MoteHistory = (() => {
  const KEY = "mote-studio-history";
  const MOST = 50; // entries without a star

  /** The entries that are kept, the newest first: what mote/ui/history.py says of a run, and name, star and time. */
  function load() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return []; // somebody else's, or forbidden
    }
  }

  /** Keeps the entries; where the browser has no room, without the oldest that have no star. */
  function save(entries) {
    let plain = 0;
    let kept = entries.filter((entry) => entry.star || (plain += 1) <= MOST);
    for (;;) {
      try {
        localStorage.setItem(KEY, JSON.stringify(kept));
        return;
      } catch {
        const oldest = kept.findLastIndex((entry) => !entry.star);
        if (oldest < 0) return;
        kept = kept.toSpliced(oldest, 1);
      }
    }
  }

  /** The entries with a run on top; one of the same recipe is replaced where it stands, under its name and star. */
  function added(entries, run) {
    const recipe = JSON.stringify(run.recipe);
    const place = entries.findIndex((entry) => JSON.stringify(entry.recipe) === recipe);
    if (place < 0) return [{ ...run, name: run.title, star: false, time: Date.now() }, ...entries];
    const { name, star, time } = entries[place];
    return entries.with(place, { ...run, name, star, time });
  }

  function changed(id, change) {
    save(load().map((entry) => (entry.id === id ? { ...entry, ...change } : entry)));
  }

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  }

  class Drawer {
    constructor(root, tell) {
      this.root = root;
      this.tell = tell;
      this.chosen = new Set();
      this.part = (name) => root.querySelector(`[data-part="${name}"]`);
      this.opener = document.querySelector(".open-history");
      this.opener.addEventListener("click", () => this.open(this.root.hidden));
      this.part("close").addEventListener("click", () => this.open(false));
      this.part("compare").addEventListener("click", () => this.compare());
      root.addEventListener("keydown", (event) => event.key === "Escape" && this.open(false));
      window.addEventListener("storage", (event) => event.key === KEY && this.draw());
      this.draw();
    }

    open(wanted) {
      this.root.hidden = !wanted;
      this.opener.setAttribute("aria-expanded", String(wanted));
      (wanted ? this.part("close") : this.opener).focus();
    }

    again(entry) {
      if (matchMedia("(max-width: 899px)").matches) this.open(false); // it covers the page there
      this.tell.again(entry);
    }

    compare() {
      const entries = load().filter((entry) => this.chosen.has(entry.id));
      this.chosen.clear();
      this.draw();
      this.open(false);
      this.tell.compare(entries.map(({ id, name }) => ({ id, name })));
    }

    /** Draws the list; the focus goes to the same part of the same entry. */
    draw() {
      const held = this.root.contains(document.activeElement) ? document.activeElement : null;
      const id = held?.closest("li")?.dataset.id;
      const entries = load();
      this.chosen = new Set(entries.map((entry) => entry.id).filter((known) => this.chosen.has(known)));
      this.part("list").replaceChildren(...entries.map((entry) => this.row(entry)));
      this.part("empty").hidden = entries.length > 0;
      this.part("compare").disabled = this.chosen.size < 2;
      this.opener.textContent = entries.length ? `History (${entries.length})` : "History";
      if (id) (this.find(id, held.dataset.act) ?? this.part("close")).focus();
    }

    find(id, act) {
      return [...this.root.querySelectorAll("li")].find((row) => row.dataset.id === id)?.querySelector(`[data-act="${act}"]`);
    }

    row(entry) {
      const time = new Date(entry.time);
      const today = time.toDateString() === new Date().toDateString();
      const when = time.toLocaleString([], today ? { timeStyle: "short" } : { dateStyle: "short" });
      const motions = entry.motions > 1 ? `, ${entry.motions} motions` : "";
      const picture = entry.thumbnail ? make("img", { src: entry.thumbnail, alt: "" }) : make("span", { class: "words" }, "“ ”");
      const act = (name, label, text, click, rest = {}) =>
        make("button", { type: "button", "data-act": name, "aria-label": `${label} “${entry.name}”`, title: label, click, ...rest }, text);
      return make(
        "li",
        { "data-id": entry.id },
        act("open", "Show again", "", () => this.again(entry), { class: "entry" }),
        make("div", { class: "picture" }, picture),
        make("div", { class: "about" }, make("strong", {}, entry.name), make("small", {}, `${entry.tab}${motions} · ${when}`)),
        make(
          "div",
          { class: "acts" },
          act("star", entry.star ? "Remove the star of" : "Give a star to", entry.star ? "★" : "☆", () => {
            changed(entry.id, { star: !entry.star });
            this.draw();
          }, { "aria-pressed": String(entry.star) }),
          act("rename", "Rename", "✎", () => this.rename(entry)),
          act("delete", "Delete", "×", () => {
            save(load().filter(({ id }) => id !== entry.id));
            this.draw();
          }),
          entry.motions > 0 ? this.choice(entry) : "",
        ),
      );
    }

    choice(entry) {
      const box = make("input", { type: "checkbox", "data-act": "choose", "aria-label": `Compare “${entry.name}”` });
      box.checked = this.chosen.has(entry.id);
      box.addEventListener("change", () => {
        if (box.checked) this.chosen.add(entry.id);
        else this.chosen.delete(entry.id);
        this.part("compare").disabled = this.chosen.size < 2;
      });
      return make("label", {}, box, "Compare");
    }

    /** Puts a field in the place of the name: Enter keeps what is written, Escape what was there. */
    rename(entry) {
      const field = make("input", { type: "text", class: "name", "aria-label": "Name", maxlength: 80 });
      field.value = entry.name;
      const finish = (name) => {
        if (name) changed(entry.id, { name });
        this.draw();
        this.find(entry.id, "rename")?.focus();
      };
      field.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== "Escape") return;
        event.stopPropagation();
        event.preventDefault(); // or the button that has the focus next is pressed too
        finish(event.key === "Enter" ? field.value.trim() : "");
      });
      this.find(entry.id, "open").parentElement.querySelector("strong").replaceWith(field);
      field.select();
    }
  }

  /** Fills the drawer in an element of Gradio's, and puts every value that arrives on top. */
  function attach(element, props, watch, tell) {
    const drawer = new Drawer(element.querySelector(".drawer"), tell);
    watch("value", () => {
      if (!props.value) return;
      save(added(load(), props.value));
      drawer.draw();
    });
  }

  return { attach };
})();
