// The 3D player of MoTe Studio: `attach` makes one of the markup that mote/ui/player.py writes.

import { REVISION, Scene } from "three";
import { Actor } from "./actor.js";
import { Floor } from "./ground.js";
import { listen } from "./keyboard.js";
import { Motion } from "./motion.js";
import { Panel } from "./panel.js";
import { layout, openScreen } from "./screen.js";
import { View } from "./view.js";

export const THREE_REVISION = REVISION;
export const FIRST_FRAME = "mote-first-frame"; // the measure from a value's arrival to its first picture

const SETTLED = 200; // milliseconds without a change after which a still picture is drawn as sharp as can be
const LONGEST_PAUSE = 0.1; // seconds: after a longer one, playing goes on from where it was
const BEGINNING = 500; // milliseconds from a press of Generate within which its progress shows

const players = new Set();
let pressed = -Infinity; // when Generate was pressed last

class Player {
  constructor(root, figure, screen) {
    this.figure = figure;
    this.screen = screen;
    this.root = root;
    this.stage = root.querySelector('[data-part="stage"]');
    this.panel = new Panel(root, this);
    this.options = this.panel.options;
    this.scene = new Scene();
    this.floor = new Floor(figure);
    this.scene.add(this.floor.mesh);
    this.view = new View(this.stage, figure, () => this.request());
    this.actors = [];
    this.frames = 0;
    this.frame = 0;
    this.fps = 1;
    this.speed = 1;
    this.playing = false;
    this.inSight = false;
    this.panel.setFrames(0);
    this.sight = new IntersectionObserver(([entry]) => this.#seen(entry.isIntersecting));
    this.sight.observe(this.stage);
    this.size = new ResizeObserver(() => this.#arrange());
    this.size.observe(this.stage);
  }

  /** Shows the motions of a value in place of those before, from their first frame. */
  show(value) {
    const arrived = performance.now();
    pressed = -Infinity;
    for (const actor of this.actors) actor.dispose();
    const motions = (value?.motions ?? []).map((packed) => new Motion(packed, this.figure.points));
    this.actors = motions.map((motion) => new Actor(motion, this.figure, this.screen.looks));
    for (const actor of this.actors) this.scene.add(actor.group);
    this.frames = Math.max(0, ...motions.map((motion) => motion.frames));
    this.fps = motions[0]?.fps ?? 1;
    this.frame = 0;
    this.panel.setFrames(this.frames);
    this.root.classList.toggle("filled", this.frames > 0);
    this.view.touched = false;
    this.#arrange();
    this.#setPlaying(this.frames > 1 && !matchMedia("(prefers-reduced-motion: reduce)").matches);
    this.#draw(); // at once: the next animation frame may be 16 ms away
    if (this.frames === 0 || !this.inSight) return;
    this.screen.finish();
    performance.measure(FIRST_FRAME, { start: arrived });
  }

  toggle() {
    if (this.frames === 0) return;
    if (!this.playing && this.frame >= this.frames - 1) this.frame = 0;
    this.#setPlaying(!this.playing);
  }

  /** Pauses so many frames further on. */
  step(frames) {
    this.seek(Math.floor(this.frame) + frames);
  }

  /** Pauses at a frame. */
  seek(frame) {
    if (this.frames === 0) return;
    this.#setPlaying(false);
    this.frame = Math.min(Math.max(frame, 0), this.frames - 1);
    this.request();
  }

  setSpeed(speed) {
    this.speed = speed;
  }

  setOption(name, on) {
    this.options[name] = on;
    if (name === "follow") this.resetView();
    this.request();
  }

  resetView() {
    const { columns, rows } = this.#layout();
    const aspect = this.stage.clientWidth / columns / (this.stage.clientHeight / rows);
    if (Number.isFinite(aspect)) this.view.reset(this.actors, aspect || 1, this.options.follow);
    this.request();
  }

  /** Asks for a picture; nothing is drawn while the stage is out of sight. */
  request() {
    if (this.asked || !this.inSight || document.hidden) return;
    this.asked = true;
    requestAnimationFrame((now) => {
      this.asked = false;
      this.#advance(now);
      if (!(this.screen.slow && this.#covered)) this.#draw();
      if (this.playing) this.request();
    });
  }

  /** Whether a run begins, or Gradio shows its progress over the stage: a processor that draws is wanted elsewhere. */
  get #covered() {
    const progress = '[data-testid="status-tracker"]:not(.hide) .progress-text';
    return performance.now() - pressed < BEGINNING || this.root.closest(".stage-player")?.querySelector(progress);
  }

  dispose() {
    this.sight.disconnect();
    this.size.disconnect();
    this.view.dispose();
    for (const actor of this.actors) actor.dispose();
    this.floor.dispose();
    this.screen.close(this);
    players.delete(this);
  }

  #setPlaying(playing) {
    this.playing = playing;
    this.last = null;
    this.panel.setPlaying(playing);
    this.request();
  }

  #advance(now) {
    if (!this.playing) return;
    const seconds = this.last === null ? 0 : Math.min((now - this.last) / 1000, LONGEST_PAUSE);
    this.last = now;
    this.frame += seconds * this.speed * this.fps;
    if (this.frame <= this.frames - 1) return;
    if (this.options.loop) {
      this.frame %= this.frames; // the last frame lasts as long as any other
    } else {
      this.frame = this.frames - 1;
      this.#setPlaying(false);
    }
  }

  #draw(moving = true) {
    if (!this.inSight || this.stage.clientWidth === 0) return;
    clearTimeout(this.settling);
    if (moving && !this.playing && this.screen.slow) this.settling = setTimeout(() => this.#draw(false), SETTLED);
    this.screen.claim(this, this.stage, moving);
    this.theme = this.figure.themes[document.body.classList.contains("dark") ? "dark" : "light"];
    this.screen.draw(this, moving);
    this.panel.setFrame(this.frame, this.frames, this.fps);
  }

  #layout() {
    return layout(Math.max(this.actors.length, 1), this.stage.clientWidth, this.stage.clientHeight);
  }

  /** Fits labels and camera to the size of the stage; a camera that was moved by hand stays. */
  #arrange() {
    if (this.stage.clientWidth === 0) return;
    const { columns, rows } = this.#layout();
    this.panel.setLabels(this.actors.map((actor) => actor.motion.label), columns, rows);
    if (!this.view.touched) this.resetView();
    this.request();
  }

  #seen(inSight) {
    if (!this.root.isConnected) {
      this.dispose();
      return;
    }
    this.inSight = inSight;
    this.last = null;
    if (inSight) this.#draw(); // at once: compiles the shaders before the first motion comes
    this.request();
  }
}

/** Makes a player of the component's element, and shows each value that arrives. */
export function attach(element, props, watch) {
  const root = element.querySelector(".player");
  const screen = openScreen(props.figure);
  if (!screen) {
    root.classList.add("unavailable"); // the GIF beside it is the result
    return;
  }
  const player = new Player(root, props.figure, screen);
  players.add(player);
  watch("value", () => player.show(props.value));
  if (props.value) player.show(props.value);
}

listen(() => [...players].find((player) => player.inSight) ?? null);
const requestAll = () => players.forEach((player) => player.request());
document.addEventListener("visibilitychange", requestAll);
document.addEventListener("click", ({ target }) => {
  if (target.closest("button.generate")) pressed = performance.now();
});
new MutationObserver(requestAll).observe(document.body, { attributes: true, attributeFilter: ["class"] }); // the theme
