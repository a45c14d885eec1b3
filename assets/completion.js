// Suggestions below a prompt: what the model knows and begins like the line that is being written.  The arrow keys choose
// one, Enter or Tab takes it, Escape closes the list; without a choice every key does what it always does.
const MoteCompletion = (() => {
  const MOST = 6;
  const LEAST = 2; // letters, before anything is suggested
  let count = 0;

  function lineAt(field) {
    const start = field.value.lastIndexOf("\n", field.selectionStart - 1) + 1;
    const end = field.value.indexOf("\n", start);
    return { start, end: end < 0 ? field.value.length : end };
  }

  function fitting(prompts, typed) {
    const sought = typed.trim().toLowerCase();
    if (sought.length < LEAST) return [];
    const words = sought.split(/\s+/);
    const within = (prompt) => words.every((word) => prompt.split(/\s+/).some((own) => own.startsWith(word)));
    const begins = prompts.filter((prompt) => prompt.startsWith(sought));
    const found = [...new Set([...begins, ...prompts.filter(within)])];
    return found.includes(sought) ? [] : found.slice(0, MOST);
  }

  function suggestion(id, prompt) {
    const option = document.createElement("li");
    option.id = id;
    option.role = "option";
    option.textContent = prompt;
    return option;
  }

  function write(field, prompt) {
    const { start, end } = lineAt(field);
    const value = field.value.slice(0, start) + prompt + field.value.slice(end);
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(field, value);
    field.setSelectionRange(start + prompt.length, start + prompt.length);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Suggest `prompts` in the list of `element` for the prompt field above it. */
  function attach(element, prompts) {
    const list = element.querySelector("[role=listbox]");
    const inspector = element.closest(".inspector");
    list.id = `completion-${(count += 1)}`;
    let field = null; // Gradio may mount it later than this
    let chosen = -1;

    function meet(target) {
      if (target.tagName !== "TEXTAREA" || target === field) return;
      field = target;
      field.autocomplete = "off";
      field.setAttribute("role", "combobox");
      field.setAttribute("aria-autocomplete", "list");
      field.setAttribute("aria-controls", list.id);
      show([]);
    }

    function choose(index) {
      chosen = index;
      [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
      if (chosen < 0) field.removeAttribute("aria-activedescendant");
      else field.setAttribute("aria-activedescendant", list.children[chosen].id);
      list.children[chosen]?.scrollIntoView({ block: "nearest" });
    }

    function show(found) {
      list.replaceChildren(...found.map((prompt, at) => suggestion(`${list.id}-${at}`, prompt)));
      list.hidden = found.length === 0;
      field.setAttribute("aria-expanded", String(!list.hidden));
      choose(-1);
    }

    function take(option) {
      write(field, option.textContent);
      show([]);
    }

    function pressed(event) {
      if (event.target !== field || list.hidden || event.isComposing) return;
      const steps = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const plain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);
      if (plain && steps) {
        const places = list.children.length + 1; // one of them is no choice
        choose(((chosen + 1 + steps + places) % places) - 1);
      } else if (plain && chosen >= 0 && (event.key === "Enter" || event.key === "Tab")) {
        take(list.children[chosen]);
      } else if (event.key === "Escape") {
        show([]);
      } else {
        if (event.key === "Enter") show([]);
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    }

    inspector.addEventListener("focusin", (event) => meet(event.target));
    inspector.addEventListener("focusout", (event) => event.target === field && show([]));
    inspector.addEventListener("keydown", pressed, true);
    inspector.addEventListener("input", (event) => {
      if (event.target !== field || !event.isTrusted) return; // what an example fills in needs no suggestion
      const { start, end } = lineAt(field);
      show(fitting(prompts, field.value.slice(start, end)));
    });
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the cursor stays in the field
      if (event.target.role === "option") take(event.target);
    });
  }

  return { attach };
})();
