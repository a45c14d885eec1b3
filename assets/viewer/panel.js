// The buttons and the timeline of a stage, from the markup of mote/ui/player.py.

const TOGGLES = ["loop", "follow", "trail", "contacts", "ghosts"];

export class Panel {
  /** `player` is told what is asked for; `root` holds the markup. */
  constructor(root, player) {
    const find = (name) => root.querySelector(`[data-part="${name}"]`);
    this.play = find("play");
    this.timeline = find("timeline");
    this.readout = find("readout");
    this.labels = find("labels");
    this.play.addEventListener("click", () => player.toggle());
    this.timeline.addEventListener("input", () => player.seek(this.timeline.valueAsNumber));
    find("back").addEventListener("click", () => player.step(-1));
    find("forward").addEventListener("click", () => player.step(1));
    find("reset").addEventListener("click", () => player.resetView());
    find("speed").addEventListener("change", (event) => player.setSpeed(Number(event.target.value)));
    for (const name of TOGGLES) {
      const button = find(name);
      button.addEventListener("click", () => {
        const on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(on));
        player.setOption(name, on);
      });
    }
    // A click keeps the focus where it is, so that Space goes on playing instead of pressing the button again.
    root.addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault());
    this.parts = [...root.querySelectorAll("button, input, select")];
  }

  /** What the toggles say at the start. */
  get options() {
    const pressed = (part) => part.getAttribute("aria-pressed") === "true";
    const named = this.parts.filter((part) => TOGGLES.includes(part.dataset.part));
    return Object.fromEntries(named.map((part) => [part.dataset.part, pressed(part)]));
  }

  /** Gets ready for motions of so many frames. */
  setFrames(frames) {
    this.timeline.max = String(Math.max(frames - 1, 0));
    for (const part of this.parts) part.disabled = frames === 0;
  }

  setPlaying(playing) {
    this.play.dataset.state = playing ? "playing" : "paused";
    this.play.setAttribute("aria-label", playing ? "Pause" : "Play");
  }

  setFrame(frame, frames, fps) {
    const whole = Math.floor(frame);
    const seconds = (whole / fps).toFixed(2);
    const number = Math.min(whole + 1, frames); // there is none without a motion
    this.timeline.value = String(whole);
    this.timeline.style.setProperty("--share", `${(100 * whole) / Math.max(frames - 1, 1)}%`);
    this.timeline.setAttribute("aria-valuetext", `Frame ${number} of ${frames}, ${seconds} seconds`);
    this.readout.textContent = `${number} / ${frames}  ·  ${seconds} s`;
  }

  /** A name in the corner of each motion's cell. */
  setLabels(names, columns, rows) {
    const labels = names.map((name, cell) => {
      const label = document.createElement("span");
      label.textContent = name;
      label.style.left = `${(100 * (cell % columns)) / columns}%`;
      label.style.top = `${(100 * Math.floor(cell / columns)) / rows}%`;
      label.style.maxWidth = `${100 / columns}%`;
      return label;
    });
    this.labels.replaceChildren(...labels);
  }
}
