// A packed motion (mote/ui/packing.py) as numbers, and its points at any moment.

export class Motion {
  /** `packed` is one entry of the component's value; `points` how many points a frame has. */
  constructor(packed, points) {
    this.label = packed.label;
    this.fps = packed.fps;
    this.frames = packed.frames;
    this.origin = packed.origin;
    this.scale = packed.scale;
    this.width = points * 3;
    const bytes = Uint8Array.from(atob(packed.data), (letter) => letter.charCodeAt(0));
    this.steps = new Int16Array(bytes.buffer, 0, packed.frames * this.width);
    this.standing = bytes.subarray(this.steps.byteLength);
  }

  /** Fills `places` (points * 3) with metres at a frame that need not be whole; held at both ends. */
  at(frame, places) {
    const from = Math.min(Math.max(Math.floor(frame), 0), this.frames - 1);
    const to = Math.min(from + 1, this.frames - 1);
    const share = Math.min(Math.max(frame - from, 0), 1);
    const before = from * this.width;
    const after = to * this.width;
    for (let index = 0; index < this.width; index += 1) {
      const steps = this.steps[before + index] * (1 - share) + this.steps[after + index] * share;
      places[index] = this.origin[index % 3] + steps * this.scale;
    }
    return places;
  }

  /** The bits of the feet that stand still in a frame: left ankle, left toe, right ankle, right toe. */
  standingAt(frame) {
    return this.standing[Math.min(Math.max(Math.floor(frame), 0), this.frames - 1)];
  }
}
