// What the graphics card runs. Colours are used as they stand in the picture: nothing is converted or lit.

/** A limb: a unit sphere pulled apart into two balls and all between. `end` is 0 at its first ball, 1 at the other. */
const LIMB = /* glsl */ `
attribute float end;
attribute float limb;
attribute vec2 radii;
uniform vec3 first[LIMBS];
uniform vec3 last[LIMBS];

vec3 turned(vec3 direction, vec3 along) {
  vec3 y = length(along) > 1e-5 ? normalize(along) : vec3(0.0, 1.0, 0.0);
  vec3 x = normalize(cross(abs(y.y) < 0.9 ? vec3(0.0, 1.0, 0.0) : vec3(1.0, 0.0, 0.0), y));
  return direction.x * x + direction.y * y + direction.z * cross(x, y);
}
`;

/** `rim` pixels are added around the limb; `pixel` is the size in metres of a pixel one metre away. */
export const BODY_VERTEX = /* glsl */ `${LIMB}
attribute vec3 outline;
attribute vec3 base;
attribute vec3 light;
uniform float standing[LIMBS];
uniform float rim;
uniform float pixel;
uniform vec3 contact;
varying vec3 facing;
varying vec3 rimColour;
varying vec3 baseColour;
varying vec3 lightColour;

void main() {
  int number = int(limb + 0.5);
  vec3 direction = turned(position, last[number] - first[number]);
  vec3 middle = mix(first[number], last[number], end);
  float depth = -(modelViewMatrix * vec4(middle, 1.0)).z;
  float radius = mix(radii.x, radii.y, end) + rim * pixel * depth;
  facing = normalMatrix * direction;
  float still = standing[number];
  rimColour = mix(outline, contact * 0.65, still);
  baseColour = mix(base, contact, still);
  lightColour = mix(light, mix(contact, vec3(1.0), 0.45), still);
  gl_Position = projectionMatrix * modelViewMatrix * vec4(middle + direction * radius, 1.0);
}
`;

export const BODY_FRAGMENT = /* glsl */ `
uniform vec2 highlight;
uniform float opacity;
uniform float rim;
varying vec3 facing;
varying vec3 rimColour;
varying vec3 baseColour;
varying vec3 lightColour;

void main() {
  float away = length(normalize(facing).xy - vec2(highlight.x, -highlight.y)) - 0.45;
  float lit = 1.0 - smoothstep(-fwidth(away), fwidth(away), away);
  gl_FragColor = vec4(rim > 0.0 ? rimColour : mix(baseColour, lightColour, lit), opacity);
}
`;

/** The limbs pressed on the floor, wider and further off the higher they are. */
export const SHADOW_VERTEX = /* glsl */ `${LIMB}
uniform vec3 sun;
uniform vec2 blur;
uniform float edge;

void main() {
  int number = int(limb + 0.5);
  vec2 heights = max(vec2(first[number].y, last[number].y), 0.0);
  vec3 from = first[number] * vec3(1.0, 0.0, 1.0) + sun * heights.x;
  vec3 to = last[number] * vec3(1.0, 0.0, 1.0) + sun * heights.y;
  vec3 along = distance(from, to) > 1e-5 ? to - from : vec3(0.0, 0.0, 1.0);
  vec2 wide = max(radii + edge * (blur.x + blur.y * heights), 0.0);
  vec3 place = mix(from, to, end) + turned(position, along) * mix(wide.x, wide.y, end);
  gl_Position = projectionMatrix * modelViewMatrix * vec4(place.x, 0.0, place.z, 1.0);
}
`;

export const PLAIN_FRAGMENT = /* glsl */ `
uniform vec3 colour;
uniform float opacity;

void main() {
  gl_FragColor = vec4(colour, opacity);
}
`;

export const FLOOR_VERTEX = /* glsl */ `
varying vec2 place;

void main() {
  vec4 world = modelMatrix * vec4(position, 1.0);
  place = world.xz;
  gl_Position = projectionMatrix * viewMatrix * world;
}
`;

/** A disc that fades out, with lines that stand still in the world. */
export const FLOOR_FRAGMENT = /* glsl */ `
uniform vec2 middle;
uniform float radius;
uniform float cell;
uniform float strip;
uniform vec3 floorColour;
uniform vec3 gridColour;
varying vec2 place;

void main() {
  float away = length(place - middle) / radius;
  vec2 distances = abs(fract(place / cell + 0.5) - 0.5) * cell;
  vec2 soft = fwidth(place);
  vec2 lines = 1.0 - smoothstep(vec2(strip * 0.5), vec2(strip * 0.5) + soft, distances);
  lines *= min(vec2(1.0), strip / soft);
  float line = max(lines.x, lines.y) * 0.45 * (1.0 - smoothstep(0.45, 0.95, away));
  gl_FragColor = vec4(mix(floorColour, gridColour, line), 1.0 - smoothstep(0.55, 1.0, away));
}
`;

export const TRAIL_VERTEX = /* glsl */ `
attribute float share;
varying float shown;

void main() {
  shown = share;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}
`;

export const TRAIL_FRAGMENT = /* glsl */ `
uniform vec3 colour;
varying float shown;

void main() {
  gl_FragColor = vec4(colour, mix(0.1, 0.75, shown));
}
`;
