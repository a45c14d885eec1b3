// The marks of the map on a canvas, in the colours that its pen holds.
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

  return { mark, ring, star };
})();
