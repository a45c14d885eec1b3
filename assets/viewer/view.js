// The camera of a stage: turned, moved and zoomed by hand, and the same for every motion that stands in it.

import { MOUSE, PerspectiveCamera } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";

const FIELD = 22; // degrees from the top of the picture to its bottom: as calm as the camera of the GIFs
const MARGIN = 1.04;
const EMPTY = { low: -0.95, high: 0.95, reach: 0.6 }; // metres: the room of a person who stands

export class View {
  /** `element` is where the pointer moves the camera; `changed` is called when it did. */
  constructor(element, figure, changed) {
    this.figure = figure;
    this.camera = new PerspectiveCamera(FIELD, 1, 0.1, 200);
    this.eye = this.camera.clone();
    this.controls = new OrbitControls(this.camera, element);
    this.controls.mouseButtons = { LEFT: MOUSE.ROTATE, MIDDLE: MOUSE.DOLLY, RIGHT: MOUSE.PAN };
    this.controls.maxPolarAngle = Math.PI / 2;
    this.controls.minDistance = 0.8;
    this.controls.maxDistance = 60;
    this.controls.addEventListener("change", changed);
    this.controls.addEventListener("start", () => (this.touched = true));
    element.style.touchAction = "pan-y"; // a finger that moves up or down scrolls the page
    this.touched = false;
  }

  /** Stands where the GIFs are drawn from, as near as shows all of the motions in cells of this shape. */
  reset(actors, aspect, followed) {
    const rooms = actors.map((actor) => (followed ? actor.room.followed : actor.room.still));
    const all = rooms.length ? rooms : [EMPTY];
    const low = Math.min(...all.map((room) => room.low)) - this.figure.camera.flesh;
    const high = Math.max(...all.map((room) => room.high)) + this.figure.camera.flesh;
    const reach = Math.max(...all.map((room) => room.reach)) + this.figure.camera.flesh;
    const azimuth = (this.figure.camera.azimuth * Math.PI) / 180;
    const elevation = (this.figure.camera.elevation * Math.PI) / 180;
    const tall = ((high - low) / 2) * Math.cos(elevation) + reach * Math.sin(elevation);
    const slope = Math.tan((FIELD * Math.PI) / 360);
    const distance = (MARGIN * Math.max(tall, reach / aspect)) / slope;
    const flat = distance * Math.cos(elevation);
    this.controls.target.set(0, (low + high) / 2, 0);
    this.camera.position.set(Math.sin(azimuth) * flat, distance * Math.sin(elevation), Math.cos(azimuth) * flat);
    this.camera.position.add(this.controls.target);
    this.controls.update();
    this.touched = false;
  }

  /** The camera for one cell, beside the point that its motion is looked at. */
  eyeAt(point, aspect) {
    this.eye.copy(this.camera, false);
    this.eye.position.add(point);
    this.eye.aspect = aspect;
    this.eye.updateProjectionMatrix();
    this.eye.updateMatrixWorld();
    return this.eye;
  }

  /** Metres from the camera to the point it turns around. */
  get distance() {
    return this.controls.getDistance();
  }

  /** Metres that a pixel covers one metre away, in a picture this many pixels high. */
  pixel(height) {
    return (2 * Math.tan((FIELD * Math.PI) / 360)) / height;
  }

  dispose() {
    this.controls.dispose();
  }
}
