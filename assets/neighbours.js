// The list beside the map: what is nearest to what was searched or chosen.  `attach` fills the markup that
// mote/ui/map_tab.py writes; Python is told which row is to be played.
const MoteNeighbours = (() => {
  function make(tag, words, ...children) {
    const element = document.createElement(tag);
    if (words) element.className = words;
    element.append(...children);
    return element;
  }

  /** Fills the list with each answer that arrives; the row that plays is the current one. */
  function attach(element, props, watch, play) {
    const part = (name) => element.querySelector(`[data-part="${name}"]`);

    function current(key) {
      for (const button of element.querySelectorAll("button")) {
        const own = key && button.dataset.kind === key.kind && Number(button.dataset.row) === key.row;
        button.setAttribute("aria-current", String(Boolean(own)));
      }
    }

    function row({ kind, row: number, sentence, about }) {
      const button = make("button", "", make("i", `mark ${kind}`), make("span", "", sentence), make("small", "", about));
      button.type = "button";
      Object.assign(button.dataset, { kind, row: number });
      button.addEventListener("click", () => {
        current({ kind, row: number });
        play({ kind, row: number });
      });
      return make("li", "", button);
    }

    function show(answer) {
      if (!answer) return;
      part("about").textContent = answer.about;
      part("note").textContent = answer.note;
      part("note").hidden = !answer.note;
      part("groups").replaceChildren(
        ...answer.groups.flatMap(({ title, items }) => [make("h3", "", title), make("ol", "", ...items.map(row))]),
      );
      current(answer.playing);
    }

    watch("value", () => show(props.value));
    show(props.value);
  }

  return { attach };
})();
