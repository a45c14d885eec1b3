// The floor below the figures, and the trail that a root leaves on it.

import {
  BufferAttribute, BufferGeometry, Color, DoubleSide, DynamicDrawUsage, Mesh, PlaneGeometry, ShaderMaterial, Vector2,
} from "three";
import { FLOOR_FRAGMENT, FLOOR_VERTEX, TRAIL_FRAGMENT, TRAIL_VERTEX } from "./shaders.js";

const TRAIL_PLACES = 64;
const TRAIL_WIDTH = 0.03; // metres

export class Floor {
  constructor(figure) {
    this.uniforms = {
      middle: { value: new Vector2() },
      radius: { value: 1 },
      cell: { value: figure.grid.cell },
      strip: { value: figure.grid.strip },
      floorColour: { value: new Color() },
      gridColour: { value: new Color() },
    };
    const material = new ShaderMaterial({
      vertexShader: FLOOR_VERTEX, fragmentShader: FLOOR_FRAGMENT, uniforms: this.uniforms, transparent: true,
      depthWrite: false,
    });
    this.mesh = new Mesh(new PlaneGeometry(2, 2).rotateX(-Math.PI / 2), material);
    this.mesh.renderOrder = 0;
    this.mesh.frustumCulled = false;
  }

  /** Lays the disc around a point of the ground; metres. */
  place(x, z, radius) {
    this.mesh.position.set(x, 0, z);
    this.mesh.scale.setScalar(radius);
    this.uniforms.middle.value.set(x, z);
    this.uniforms.radius.value = radius;
  }

  setTheme(theme) {
    this.uniforms.floorColour.value.set(theme.floor);
    this.uniforms.gridColour.value.set(theme.grid);
  }

  dispose() {
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }
}

/** A ribbon on the floor: where the root was in the last seconds, fading with age. */
export class Trail {
  constructor(figure) {
    this.root = figure.root;
    this.seconds = figure.trail.seconds;
    this.geometry = new BufferGeometry();
    const corners = 2 * TRAIL_PLACES;
    this.places = new BufferAttribute(new Float32Array(3 * corners), 3).setUsage(DynamicDrawUsage);
    const shares = Float32Array.from({ length: corners }, (_, corner) => Math.floor(corner / 2) / (TRAIL_PLACES - 1));
    const faces = [];
    for (let place = 0; place < TRAIL_PLACES - 1; place += 1) {
      const corner = 2 * place;
      faces.push(corner, corner + 1, corner + 2, corner + 2, corner + 1, corner + 3);
    }
    this.geometry.setIndex(faces).setAttribute("position", this.places);
    this.geometry.setAttribute("share", new BufferAttribute(shares, 1));
    this.material = new ShaderMaterial({
      vertexShader: TRAIL_VERTEX, fragmentShader: TRAIL_FRAGMENT, transparent: true, depthWrite: false,
      side: DoubleSide, uniforms: { colour: { value: new Color(figure.trail.colour) } },
    });
    this.mesh = new Mesh(this.geometry, this.material);
    this.mesh.renderOrder = 1;
    this.mesh.frustumCulled = false;
  }

  /** Draws the way up to a frame; `places` is scratch space for one frame of points. */
  update(motion, frame, places) {
    const way = [];
    for (let index = 0; index < TRAIL_PLACES; index += 1) {
      const age = this.seconds * motion.fps * (1 - index / (TRAIL_PLACES - 1));
      motion.at(Math.max(frame - age, 0), places);
      way.push([places[3 * this.root], places[3 * this.root + 2]]);
    }
    for (let index = 0; index < TRAIL_PLACES; index += 1) {
      const [x, z] = way[index];
      const before = way[Math.max(index - 1, 0)];
      const after = way[Math.min(index + 1, TRAIL_PLACES - 1)];
      const along = [after[0] - before[0], after[1] - before[1]];
      const length = Math.hypot(...along);
      const across = length > 1e-6 ? TRAIL_WIDTH / 2 / length : 0; // no ribbon where nothing moved
      this.places.setXYZ(2 * index, x - along[1] * across, 0, z + along[0] * across);
      this.places.setXYZ(2 * index + 1, x + along[1] * across, 0, z - along[0] * across);
    }
    this.places.needsUpdate = true;
  }

  dispose() {
    this.geometry.dispose();
    this.material.dispose();
  }
}
