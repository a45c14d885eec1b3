// Which point of the map is meant, by a pointer or by an arrow key, and what it is in words.
const MotePointing = (() => {
  const REACH = 14; // pixels between the pointer and what it means
  const ASIDE = 2; // what lies a pixel aside is as far as what lies so many ahead

  /** The point nearest to a pixel, or null; of those in one place, the first.  `at` tells the pixel of a point. */
  function nearest(points, at, [x, y]) {
    let found = null;
    let least = REACH;
    for (const point of points) {
      const [px, py] = at(point);
      const distance = Math.hypot(px - x, py - y);
      if (distance < least - 0.5) [found, least] = [point, distance];
    }
    return found;
  }

  /** The next point from a pixel in a direction, [right, down] of length 1, or null. */
  function next(points, at, [x, y], [right, down]) {
    let found = null;
    let least = Infinity;
    for (const point of points) {
      const [across, along] = [at(point)[0] - x, at(point)[1] - y];
      const ahead = across * right + along * down;
      const aside = ASIDE * Math.abs(across * down - along * right);
      if (ahead >= 1 && aside <= ASIDE ** 2 * ahead && ahead + aside < least) [found, least] = [point, ahead + aside];
    }
    return found;
  }

  /** What a point is, beside its sentence: a label of the person's own, or its kind and the labels of its clip. */
  function about({ kind, row, label }, labels) {
    if (kind === "spot") return label;
    const kinds = { recorded: "recorded", made: "made by the model", sentence: "sentence" };
    const own = Object.values(labels).map((of) => of[row]).filter((name) => name !== "none named");
    return [kinds[kind], ...own].join(" · ").replaceAll("-", " ");
  }

  /** Fills the tip beside a point, at a pixel of a map so wide: its sentence, and what it is.  Without a point it hides. */
  function tell(tip, point, pixel, most, labels) {
    tip.hidden = !point;
    if (!point) return;
    const small = document.createElement("small");
    small.textContent = about(point, labels);
    tip.replaceChildren(point.sentence, small);
    const [x, y] = pixel;
    const { offsetWidth: width, offsetHeight: height } = tip;
    tip.style.left = `${Math.max(0, Math.min(x - width / 2, most - width))}px`;
    tip.style.top = `${y > height + 16 ? y - height - 12 : y + 14}px`;
  }

  return { nearest, next, about, tell };
})();
