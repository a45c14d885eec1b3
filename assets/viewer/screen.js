// The page's one WebGL renderer. Its canvas moves to whichever stage is in sight, so tabs never add contexts.

import { ColorManagement, LinearSRGBColorSpace, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from "three";
import { Floor, Trail } from "./ground.js";
import { Pose, disposeLooks, makeLooks } from "./limbs.js";

const GAP = 2; // pixels between the cells of a stage
const SHARP = 2; // pixels drawn for each of the page, at least: the browser's scaling smooths the edges
const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i; // drivers that draw on the processor
const CELL_SHAPE = 0.7; // width over height of the cell that a person fills best
const STANDING = new Vector3(0, 0.95, 0); // what an empty stage looks at

ColorManagement.enabled = false; // colours are used as the GIF renderer has them

let shared = null;
let users = 0;

/** The screen of the page, made at the first call; null where there is no WebGL. */
export function openScreen(figure) {
  if (!shared) {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("webgl2", { antialias: false, stencil: true });
    if (!context) return null;
    shared = new Screen(canvas, context, figure);
  }
  users += 1;
  return shared;
}

class Screen {
  constructor(canvas, context, figure) {
    this.canvas = canvas;
    this.gl = context;
    this.canvas.setAttribute("aria-hidden", "true"); // the stage around it has the name
    this.renderer = new WebGLRenderer({ canvas, context });
    this.renderer.outputColorSpace = LinearSRGBColorSpace;
    this.renderer.autoClear = false;
    this.renderer.setScissorTest(true);
    this.player = null; // whose stage holds the canvas
    const details = context.getExtension("WEBGL_debug_renderer_info");
    const driver = context.getParameter(details?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER);
    this.slow = SOFTWARE.test(driver);
    this.looks = makeLooks(figure);
    canvas.addEventListener("webglcontextrestored", () => this.player?.request());
    this.#warmUp(figure);
  }

  /** Draws with every material once, so that the first motion does not wait for shaders to be compiled. */
  #warmUp(figure) {
    const scene = new Scene();
    const { shapes, body, outline, ghost, ghostDepth, shadows } = this.looks;
    const pose = new Pose(figure);
    for (const material of [body, outline, ghost, ghostDepth]) scene.add(pose.mesh(shapes.body, material, 0));
    for (const shadow of shadows) scene.add(pose.mesh(shapes.shadow, shadow, 0));
    const parts = [new Trail(figure), new Floor(figure)];
    scene.add(...parts.map((part) => part.mesh));
    this.renderer.setSize(1, 1);
    this.renderer.render(scene, new PerspectiveCamera());
    for (const part of parts) part.dispose();
  }

  /** Waits until all that was asked for is drawn. */
  finish() {
    this.gl.readPixels(0, 0, 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  /** Moves the canvas to a player's stage and makes it as large; of a processor, moving pictures are coarser. */
  claim(player, element, moving) {
    if (this.player !== player) {
      this.player = player;
      element.prepend(this.canvas);
    }
    const { clientWidth: width, clientHeight: height } = element;
    const sharpness = moving && this.slow ? 1 : Math.max(window.devicePixelRatio, SHARP);
    if (width !== this.width || height !== this.height || sharpness !== this.renderer.getPixelRatio()) {
      [this.width, this.height] = [width, height];
      this.renderer.setPixelRatio(sharpness);
      this.renderer.setSize(width, height);
    }
  }

  /** Draws each actor, or an empty floor, in its cell of the stage; where that is slow, moving ones coarser. */
  draw({ scene, floor, view, actors, theme, frame, options }, moving) {
    const { renderer, looks } = this;
    for (const shadow of looks.shadows) shadow.uniforms.colour.value.set(theme.shadow);
    floor.setTheme(theme);
    this.#fill(theme.floor, 0, 0, this.width, this.height);
    const { columns, rows } = layout(Math.max(actors.length, 1), this.width, this.height);
    const width = Math.floor((this.width - GAP * (columns - 1)) / columns);
    const height = Math.floor((this.height - GAP * (rows - 1)) / rows);
    looks.pixel.value = view.pixel(height);
    for (let cell = 0; cell < columns * rows; cell += 1) {
      const left = (cell % columns) * (width + GAP);
      const bottom = (rows - 1 - Math.floor(cell / columns)) * (height + GAP);
      this.#fill(theme.background, left, bottom, width, height);
      const actor = actors[cell];
      if (!actor && cell > 0) continue;
      actor?.update(frame, options, moving && this.slow);
      for (const other of actors) other.group.visible = other === actor;
      const point = actor ? (options.follow ? actor.look : actor.middle) : STANDING;
      const room = actor && !options.follow ? actor.room.still.reach : 0;
      floor.place(point.x, point.z, Math.max(0.3 * view.distance, room + 1));
      renderer.setViewport(left, bottom, width, height);
      renderer.render(scene, view.eyeAt(point, width / height));
    }
    if (this.slow) this.finish(); // else pictures pile up where they are asked for faster than drawn
  }

  /** Gives the screen back; the last one to do so takes the renderer along. */
  close(player) {
    if (this.player === player) {
      this.canvas.remove();
      this.player = null;
    }
    users -= 1;
    if (users > 0) return;
    shared = null;
    disposeLooks(this.looks);
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }

  #fill(colour, left, bottom, width, height) {
    this.renderer.setScissor(left, bottom, width, height);
    this.renderer.setClearColor(colour);
    this.renderer.clear();
  }
}

/** Columns and rows of `count` cells in which a person is largest. */
export function layout(count, width, height) {
  let best = { columns: count, rows: 1, size: 0 };
  for (let columns = count; columns >= 1; columns -= 1) {
    const rows = Math.ceil(count / columns);
    const size = Math.min(width / columns / CELL_SHAPE, height / rows);
    if (size > best.size) best = { columns, rows, size };
  }
  return best;
}
