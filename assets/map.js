// The map of motions and sentences: points on a canvas, to zoom, to move, to point at and to choose.  `attach` draws in
// the markup that mote/ui/map_tab.py writes; Python is told which point was chosen.
const MoteMap = (() => {
  const COLOURS = 8; // the commonest labels have one each, the others share a grey
  const SPARE = 1.08; // how much farther than its points the whole map goes
  const STRETCH = 1.6;
  const DRAG = 4; // pixels that make a press a drag
  const CLOSEST = 40;
  const STEP = 60; // pixels that an arrow key moves the map
  const EDGE = 24; // pixels that a point stays away from the edge when the keyboard comes to it
  const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  const keyed = (one, key) => key && one.kind === key.kind && one.row === key.row;

  /** Every point of the map as { kind, row, x, y, sentence }, y downwards; and the number of each label's colour. */
  function read({ kinds, x, y, sentences, labels }) {
    const points = kinds.flatMap((kind, number) =>
      sentences.map((sentence, row) => ({ kind, row, x: x[number][row] / 1e4, y: -y[number][row] / 1e4, sentence })),
    );
    const colours = {};
    for (const [by, own] of Object.entries(labels)) {
      const counts = new Map();
      for (const label of own) if (label !== "none named") counts.set(label, (counts.get(label) ?? 0) + 1);
      const names = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a)).slice(0, COLOURS);
      colours[by] = { names, of: own.map((label) => (names.includes(label) ? names.indexOf(label) : COLOURS)) };
    }
    return { points, colours };
  }

  class Chart {
    constructor(element, given, choose) {
      this.part = (name) => element.querySelector(`[data-part="${name}"]`);
      this.canvas = this.part("canvas");
      this.tip = this.part("tip");
      this.labels = given.labels;
      Object.assign(this, read(given));
      this.shown = new Set(given.kinds);
      this.value = { spots: [], near: [], playing: null };
      this.choose = choose;
      this.view = { x: 0, y: 0, zoom: 1 };
      const most = (axis) => SPARE * Math.max(...this.points.map((point) => Math.abs(point[axis])));
      this.reach = { x: most("x"), y: most("y") }; // of the map, from its middle
      this.pointed = null; // the key of what the pointer or the keyboard is at
      this.held = new Map(); // pointers that are down
      this.canvas.ariaLabel =
        `${given.sentences.length} clips as points. Arrow keys go from point to point, Enter chooses one, Escape leaves it. ` +
        "Shift and arrow keys move the map, plus and minus zoom, 0 shows all of it.";
      for (const button of element.querySelectorAll("[data-kind]")) button.addEventListener("click", () => this.toggle(button));
      for (const button of element.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => this.zoom(Number(button.dataset.zoom)));
      this.part("by").addEventListener("change", () => this.colour());
      this.listen();
      new ResizeObserver(() => this.draw()).observe(this.part("stage"));
      new MutationObserver(() => this.draw()).observe(document.body, { attributes: true, attributeFilter: ["class"] }); // the theme
      this.colour();
    }

    toggle(button) {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      if (on) this.shown.add(button.dataset.kind);
      else this.shown.delete(button.dataset.kind);
      this.draw();
    }

    /** Colours by what is chosen, and says what the colours mean. */
    colour() {
      this.by = this.part("by").value;
      const names = [...this.colours[this.by].names, "other"];
      this.part("legend").replaceChildren(
        ...names.map((name, number) => {
          const item = document.createElement("li");
          item.style.setProperty("--own", `var(--map-${name === "other" ? COLOURS : number})`);
          item.textContent = name.replaceAll("-", " ");
          return item;
        }),
      );
      this.draw();
    }

    show(value) {
      this.value = { ...this.value, ...value }; // what is near stays with the list when one of it plays
      this.draw();
    }

    /** Pixels of a place on the canvas. */
    at({ x, y }) {
      const [right, down] = this.units;
      return [this.width / 2 + (x - this.view.x) * right, this.height / 2 + (y - this.view.y) * down];
    }

    /** Pixels of a step of the map to the right and downwards: it fills the canvas, one way STRETCH the other at most. */
    get units() {
      const [right, down] = [this.width / this.reach.x, this.height / this.reach.y].map((fits) => fits / 2);
      return [Math.min(right, STRETCH * down), Math.min(down, STRETCH * right)].map((fits) => fits * this.view.zoom);
    }

    find(key) {
      return key && [...this.points, ...this.spots].find((point) => keyed(point, key));
    }

    get playing() {
      return this.find(this.value.playing);
    }

    /** Zooms by a factor around a pixel, or what is pointed at, or what plays, or the middle; 0 shows the whole map. */
    zoom(factor, [px, py] = this.at(this.find(this.pointed) ?? this.playing ?? this.view)) {
      const before = this.view.zoom;
      this.view.zoom = Math.min(CLOSEST, Math.max(1, before * factor));
      if (factor === 0) Object.assign(this.view, { x: 0, y: 0 });
      const grown = this.view.zoom / before - 1;
      this.move(factor && (px - this.width / 2) * grown, factor && (py - this.height / 2) * grown);
    }

    /** Moves the window by pixels, no farther than the map goes. */
    move(right, down) {
      const [across, along] = this.units;
      const within = (value, most) => Math.min(most, Math.max(-most, value));
      this.view.x = within(this.view.x + right / across, this.reach.x);
      this.view.y = within(this.view.y + down / along, this.reach.y);
      this.draw();
    }

    listen() {
      const canvas = this.canvas;
      const place = (event) => [event.offsetX, event.offsetY];
      canvas.addEventListener("wheel", (event) => {
        event.preventDefault();
        this.zoom(Math.exp(-event.deltaY / 400), place(event));
      }, { passive: false });
      canvas.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        canvas.setPointerCapture(event.pointerId);
        this.held.set(event.pointerId, place(event));
        this.moved = this.held.size > 1 ? Infinity : 0;
      });
      canvas.addEventListener("pointermove", (event) => this.drag(event.pointerId, place(event)));
      canvas.addEventListener("pointerup", (event) => {
        const found = this.held.has(event.pointerId) && this.moved < DRAG && this.nearest(place(event));
        if (found) this.choose({ kind: found.kind, row: found.row });
      });
      for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, (event) => this.held.delete(event.pointerId));
      canvas.addEventListener("pointerleave", () => this.pointAt(null));
      canvas.addEventListener("blur", () => this.pointAt(null));
      canvas.addEventListener("keydown", (event) => {
        const acts = {
          "+": () => this.zoom(1.4), "-": () => this.zoom(0.7), 0: () => this.zoom(0), Escape: () => this.pointAt(null),
          Enter: () => this.find(this.pointed) && this.choose(this.pointed),
        };
        const way = WAYS[event.key];
        if (way && event.shiftKey) acts[event.key] = () => this.move(STEP * way[0], STEP * way[1]);
        else if (way) acts[event.key] = () => this.step(way);
        if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        acts[event.key]();
      });
    }

    /** One pointer that is down moves the map, two zoom it, and one that is up says what it points at. */
    drag(id, [x, y]) {
      const last = this.held.get(id);
      if (!last) {
        const found = this.nearest([x, y]);
        this.canvas.style.cursor = found ? "pointer" : "";
        this.pointAt(found);
        return;
      }
      this.held.set(id, [x, y]);
      const other = [...this.held].find(([one]) => one !== id)?.[1];
      this.moved += Math.hypot(x - last[0], y - last[1]);
      if (other) this.zoom(Math.hypot(x - other[0], y - other[1]) / Math.max(1, Math.hypot(last[0] - other[0], last[1] - other[1])), other);
      else this.move(last[0] - x, last[1] - y);
    }

    get spots() {
      return this.value.spots.map(({ x, y, label, name, motion }, row) => ({ kind: "spot", row, x, y: -y, label, motion, sentence: name }));
    }

    /** All that can be pointed at, the person's own first. */
    get choices() {
      return [...this.spots, ...this.points.filter(({ kind }) => this.shown.has(kind))];
    }

    nearest(pixel) {
      return MotePointing.nearest(this.choices, (point) => this.at(point), pixel);
    }

    /** Points at a point, or at none: it gets a ring, and beside it stands what it is. */
    pointAt(point) {
      if (point ? keyed(point, this.pointed) : !this.pointed) return;
      this.pointed = point && { kind: point.kind, row: point.row };
      this.draw();
    }

    /** Points at the next point in a direction, or first at what plays, or at what is nearest to the middle. */
    step(way) {
      const at = (point) => this.at(point);
      const middle = [this.width / 2, this.height / 2];
      const away = (point) => Math.hypot(at(point)[0] - middle[0], at(point)[1] - middle[1]);
      const from = this.find(this.pointed);
      const first = () => this.playing ?? this.choices.sort((one, other) => away(one) - away(other))[0];
      const to = from ? MotePointing.next(this.choices, at, at(from), way) : first();
      if (!to) return;
      this.pointAt(to);
      const beyond = (pixel, most) => pixel - Math.min(most - EDGE, Math.max(EDGE, pixel));
      this.move(beyond(at(to)[0], this.width), beyond(at(to)[1], this.height));
      this.part("heard").textContent = `${to.sentence}, ${MotePointing.about(to, this.labels)}`;
    }

    draw() {
      const { clientWidth: width, clientHeight: height } = this.part("stage");
      if (width === 0 || height === 0) return;
      const sharp = window.devicePixelRatio || 1;
      Object.assign(this, { width, height });
      if (this.canvas.width !== Math.round(width * sharp) || this.canvas.height !== Math.round(height * sharp)) {
        this.canvas.width = Math.round(width * sharp);
        this.canvas.height = Math.round(height * sharp);
      }
      const style = getComputedStyle(this.part("stage"));
      const palette = Array.from({ length: COLOURS + 1 }, (_, number) => style.getPropertyValue(`--map-${number}`));
      const pen = this.canvas.getContext("2d");
      pen.setTransform(sharp, 0, 0, sharp, 0, 0);
      pen.clearRect(0, 0, width, height);
      const size = Math.min(7, 3 + Math.log2(this.view.zoom));
      pen.globalAlpha = 0.85;
      for (const point of this.points) {
        if (!this.shown.has(point.kind)) continue;
        pen.fillStyle = pen.strokeStyle = palette[this.colours[this.by].of[point.row]];
        MoteMarks.mark(pen, point.kind, ...this.at(point), size);
      }
      pen.globalAlpha = 1;
      pen.strokeStyle = pen.fillStyle = style.color;
      const near = this.points.filter((point) => this.value.near.some((key) => keyed(point, key)));
      for (const point of near) MoteMarks.ring(pen, ...this.at(point), size + 3, 1);
      if (this.playing) MoteMarks.ring(pen, ...this.at(this.playing), size + 6, 2.5);
      const pointed = this.find(this.pointed);
      pen.strokeStyle = style.getPropertyValue("--color-accent");
      if (pointed) MoteMarks.ring(pen, ...this.at(pointed), size + 10, 2.5);
      pen.strokeStyle = style.getPropertyValue("--map-ground");
      pen.fillStyle = style.getPropertyValue("--map-own");
      pen.lineWidth = 2;
      for (const spot of this.spots) MoteMarks.star(pen, ...this.at(spot), size + 6, spot.motion ? 5 : 4);
      MoteMarks.names(pen, this.spots, (spot) => this.at(spot), width, style);
      MotePointing.tell(this.tip, pointed, pointed && this.at(pointed), width, this.labels);
    }
  }

  /** Draws the map in an element of Gradio's, and what arrives on it.  Python is told what was chosen, of what a GIF is to
   * be seen where there is no WebGL, and that a result came while the map is in sight. */
  function attach(element, props, watch, told) {
    const chart = new Chart(element, props.points, told.choose);
    const show = () => {
      if (!props.value) return;
      chart.show(props.value);
      if (props.value.playing && document.querySelector(".map-page .unavailable")) told.draw(props.value.playing);
    };
    watch("value", show);
    show();
    document.addEventListener("mote-result", () => {
      if (element.offsetParent) told.arrived();
    });
  }

  return { attach };
})();
