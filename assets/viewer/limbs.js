// The limbs of a body: one mesh for all of them, drawn as body, outline, shadow or ghost.
//
// They are no instances, which software renderers draw one by one: each corner knows the number of its limb.

import {
  BackSide, BufferAttribute, BufferGeometry, Color, DoubleSide, Mesh, NotEqualStencilFunc, ReplaceStencilOp,
  ShaderMaterial, SphereGeometry, Vector2, Vector3,
} from "three";
import { BODY_FRAGMENT, BODY_VERTEX, PLAIN_FRAGMENT, SHADOW_VERTEX } from "./shaders.js";

const RIM = 1.5; // pixels of outline
const GHOST_OPACITY = 0.2;

/** Corners around a limb and from end to end; the second is even, so that a ring of them lies at the equator. */
const FINE = { around: 24, along: 14 };
const COARSE = { around: 10, along: 6 };
const COARSEST = { around: 7, along: 4 };

/** A sphere whose equator is doubled: each half goes with one end of the limb. */
function capsule({ around, along }) {
  const sphere = new SphereGeometry(1, around, along + 1); // one ring more than are needed
  const ring = around + 1;
  const corners = Array.from({ length: ring * (along + 2) }, (_, corner) => {
    const row = Math.floor(corner / ring);
    const near = row > along / 2; // the sphere begins at its top, which is the far end
    const angle = (Math.PI * (near ? row - 1 : row)) / along;
    const turn = (2 * Math.PI * (corner % ring)) / around;
    return {
      direction: [Math.sin(angle) * Math.cos(turn), Math.cos(angle), -Math.sin(angle) * Math.sin(turn)],
      end: near ? 0 : 1,
    };
  });
  return { corners, faces: [...sphere.index.array] };
}

/** A circle cut in two halves: all that a shadow needs. */
function circle({ around }) {
  const corners = Array.from({ length: around }, (_, corner) => {
    const turn = (2 * Math.PI * (corner + 0.5)) / around;
    return { direction: [Math.cos(turn), Math.sin(turn), 0], end: turn < Math.PI ? 1 : 0 };
  });
  return { corners, faces: corners.slice(2).flatMap((_, corner) => [0, corner + 1, corner + 2]) };
}

/** One shape for each of some limbs, by their numbers. */
function geometryOf(figure, { corners, faces }, numbers) {
  const each = (values) => numbers.flatMap((number) => corners.flatMap((corner) => values(corner, number)));
  const geometry = new BufferGeometry();
  geometry.setIndex(numbers.flatMap((_, copy) => faces.map((corner) => corner + copy * corners.length)));
  const add = (name, width, values) =>
    geometry.setAttribute(name, new BufferAttribute(Float32Array.from(each(values)), width));
  add("position", 3, (corner) => corner.direction);
  add("end", 1, (corner) => corner.end);
  add("limb", 1, (_, number) => number);
  add("radii", 2, (_, number) => figure.limbs[number].radii);
  for (const [layer, name] of ["outline", "base", "light"].entries()) {
    add(name, 3, (_, number) => new Color(figure.materials[figure.limbs[number].material][layer]).toArray());
  }
  return geometry;
}

/** Where the limbs of one body are, and the meshes that show them there. */
export class Pose {
  constructor(figure) {
    this.limbs = figure.limbs;
    this.first = new Float32Array(3 * this.limbs.length);
    this.last = new Float32Array(3 * this.limbs.length);
    this.standing = new Float32Array(this.limbs.length);
  }

  /** Puts the body at `places` (points * 3); `standing` are the contact bits to colour. */
  set(places, standing) {
    for (const [number, limb] of this.limbs.entries()) {
      const [first, last] = limb.ends;
      for (let axis = 0; axis < 3; axis += 1) {
        this.first[3 * number + axis] = places[3 * first + axis];
        this.last[3 * number + axis] = places[3 * last + axis];
      }
      this.standing[number] = limb.standing & standing ? 1 : 0;
    }
  }

  mesh(geometry, material, order) {
    const mesh = new Mesh(geometry, material);
    mesh.frustumCulled = false; // the corners are placed by the graphics card
    mesh.renderOrder = order;
    mesh.onBeforeRender = () => {
      const { first, last, standing } = material.uniforms; // the material is every body's
      first.value = this.first;
      last.value = this.last;
      if (standing) standing.value = this.standing;
      material.uniformsNeedUpdate = true;
    };
    return mesh;
  }
}

/** The shapes and materials of every body; `pixel` is set before each picture. */
export function makeLooks(figure) {
  const all = figure.limbs.map((_, number) => number);
  const casting = all.filter((number) => figure.limbs[number].casts);
  const pixel = { value: 0 };
  const make = (vertexShader, fragmentShader, uniforms, options) =>
    new ShaderMaterial({
      vertexShader, fragmentShader, defines: { LIMBS: all.length },
      uniforms: { first: { value: null }, last: { value: null }, ...uniforms }, ...options,
    });
  const body = (rim, opacity, options = {}) => {
    const contact = { value: new Color(figure.contact) };
    const highlight = { value: new Vector2(...figure.highlight) };
    const standing = { value: null };
    const uniforms = { standing, rim: { value: rim }, opacity: { value: opacity }, pixel, contact, highlight };
    return make(BODY_VERTEX, BODY_FRAGMENT, uniforms, options);
  };
  const shadow = (edge, layer) => {
    const uniforms = {
      edge: { value: edge },
      sun: { value: new Vector3(...figure.shadow.sun) },
      blur: { value: new Vector2(...figure.shadow.blur) },
      colour: { value: new Color() },
      opacity: { value: figure.shadow.darkness },
    };
    return make(SHADOW_VERTEX, PLAIN_FRAGMENT, uniforms, {
      transparent: true, depthWrite: false, side: DoubleSide,
      stencilWrite: true, // each spot of the floor darkens once, however many limbs are above it
      stencilRef: layer + 1, stencilFunc: NotEqualStencilFunc, stencilZPass: ReplaceStencilOp,
    });
  };
  const behind = { polygonOffset: true, polygonOffsetFactor: 4, polygonOffsetUnits: 4 }; // of the body, where both meet
  return {
    pixel,
    shapes: {
      body: geometryOf(figure, capsule(FINE), all),
      quick: geometryOf(figure, capsule(COARSE), all),
      ghost: geometryOf(figure, capsule(COARSEST), all),
      shadow: geometryOf(figure, circle(FINE), casting),
    },
    body: body(0, 1),
    outline: body(RIM, 1, { side: BackSide }),
    ghostDepth: body(0, 1, { colorWrite: false, ...behind }),
    ghost: body(0, GHOST_OPACITY, { transparent: true, depthWrite: false, ...behind }),
    shadows: figure.shadow.steps.map(shadow),
  };
}

/** Frees what `makeLooks` made. */
export function disposeLooks({ shapes, body, outline, ghostDepth, ghost, shadows }) {
  for (const part of [...Object.values(shapes), body, outline, ghostDepth, ghost, ...shadows]) part.dispose();
}
