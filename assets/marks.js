// The marks and names of the map on a canvas, the marks in the colours that its pen holds.
const MoteMarks = (() => {
  /** A clip's recording as a disc, what the model made as a circle, its sentence as a cross. */
  function mark(pen, kind, x, y, size) {
    pen.beginPath();
    pen.lineWidth = 1.5;
    if (kind === "sentence") {
      const arm = size * 0.85;
      pen.moveTo(x - arm, y - arm);
      pen.lineTo(x + arm, y + arm);
      pen.moveTo(x + arm, y - arm);
      pen.lineTo(x - arm, y + arm);
    } else pen.arc(x, y, size, 0, 2 * Math.PI);
    if (kind === "recorded") pen.fill();
    else pen.stroke();
  }

  function ring(pen, x, y, radius, line) {
    pen.lineWidth = line;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.stroke();
  }

  function star(pen, x, y, size, arms) {
    pen.beginPath();
    for (let corner = 0; corner < 2 * arms; corner += 1) {
      const [angle, out] = [(corner * Math.PI) / arms - Math.PI / 2, corner % 2 ? size * 0.45 : size];
      pen.lineTo(x + out * Math.cos(angle), y + out * Math.sin(angle));
    }
    pen.closePath();
    pen.stroke();
    pen.fill();
  }

  /** The names of the person's own spots, that of the result first; none lies over another.  `at` tells their pixels. */
  function names(pen, spots, at, most, style) {
    const you = ({ label }) => label.startsWith("You");
    const taken = [];
    Object.assign(pen, { fillStyle: style.color, textBaseline: "middle", lineWidth: 4, lineJoin: "round" });
    for (const spot of spots.sort((a, b) => you(b) - you(a))) {
      const [x, y] = at(spot);
      pen.font = `${you(spot) ? 650 : 500} 12px ${style.fontFamily}`;
      const { width } = pen.measureText(spot.label);
      const left = x + 14 + width > most ? x - 14 - width : x + 14;
      if (taken.some((other) => Math.abs(other.y - y) < 15 && left < other.right && other.left < left + width)) continue;
      taken.push({ y, left, right: left + width });
      pen.strokeText(spot.label, left, y);
      pen.fillText(spot.label, left, y);
    }
  }

  return { mark, ring, star, names };
})();
