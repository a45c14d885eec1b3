// One motion on the stage: body, outline, shadow, trail and ghosts, and where a camera finds them.

import { Group, Vector3 } from "three";
import { Trail } from "./ground.js";
import { Pose } from "./limbs.js";

const GHOSTS = 4;

export class Actor {
  constructor(motion, figure, looks) {
    this.motion = motion;
    this.figure = figure;
    this.looks = looks;
    this.places = new Float32Array(motion.width);
    this.look = new Vector3();
    this.group = new Group();
    this.pose = new Pose(figure);
    this.trail = new Trail(figure);
    this.ghosts = new Group();
    this.group.add(this.trail.mesh, this.ghosts);
    this.group.add(...looks.shadows.map((shadow) => this.pose.mesh(looks.shapes.shadow, shadow, 2)));
    this.bodies = [looks.body, looks.outline].map((material) => this.pose.mesh(looks.shapes.body, material, 3));
    this.group.add(...this.bodies);
    this.#measure();
  }

  /** Puts everything where it is at a frame, just before this actor's picture is drawn; `quick` with fewer corners. */
  update(frame, options, quick) {
    const { motion, places } = this;
    for (const body of this.bodies) body.geometry = quick ? this.looks.shapes.quick : this.looks.shapes.body;
    this.trail.mesh.visible = options.trail;
    if (options.trail) this.trail.update(motion, frame, places);
    if (options.ghosts && this.ghosts.children.length === 0) this.#addGhosts();
    this.ghosts.visible = options.ghosts;
    motion.at(frame, places);
    const standing = options.contacts ? motion.standingAt(frame) : 0;
    this.pose.set(places, standing);
    this.look.fromArray(places, motion.width - 3);
    const lift = 1 / (1 + 1.5 * Math.max(this.#lowest() - 0.05, 0)); // a jumping body's shadow is faint
    for (const shadow of this.looks.shadows) shadow.uniforms.opacity.value = this.figure.shadow.darkness * lift;
  }

  dispose() {
    this.trail.dispose();
    this.group.removeFromParent();
  }

  #lowest() {
    let lowest = Infinity;
    for (const { ends } of this.figure.limbs) {
      for (const point of ends) lowest = Math.min(lowest, this.places[3 * point + 1]);
    }
    return Math.max(lowest, 0);
  }

  /** The room that the motion takes: `followed` around the point looked at, `still` around its `middle`; metres. */
  #measure() {
    const { motion, places } = this;
    const low = new Vector3(Infinity, Infinity, Infinity);
    const high = new Vector3(-Infinity, -Infinity, -Infinity);
    const point = new Vector3();
    const followed = { low: Infinity, high: -Infinity, reach: 0 };
    for (let frame = 0; frame < motion.frames; frame += 1) {
      motion.at(frame, places);
      this.look.fromArray(places, motion.width - 3);
      for (let index = 0; index < motion.width - 3; index += 3) {
        point.fromArray(places, index);
        low.min(point);
        high.max(point);
        followed.low = Math.min(followed.low, point.y - this.look.y);
        followed.high = Math.max(followed.high, point.y - this.look.y);
        followed.reach = Math.max(followed.reach, Math.hypot(point.x - this.look.x, point.z - this.look.z));
      }
    }
    this.middle = low.clone().add(high).divideScalar(2);
    const half = (high.y - low.y) / 2;
    this.room = {
      followed,
      still: { low: -half, high: half, reach: Math.hypot(high.x - low.x, high.z - low.z) / 2 },
    };
  }

  /** Translucent poses spread over the motion; their depth is drawn first, so that no limb shows through another. */
  #addGhosts() {
    const { ghost, ghostDepth, shapes } = this.looks;
    for (let number = 0; number < GHOSTS; number += 1) {
      const pose = new Pose(this.figure);
      pose.set(this.motion.at(((this.motion.frames - 1) * number) / (GHOSTS - 1), this.places), 0);
      this.ghosts.add(pose.mesh(shapes.ghost, ghostDepth, 4), pose.mesh(shapes.ghost, ghost, 5));
    }
  }
}
