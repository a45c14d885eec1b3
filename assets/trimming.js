// The range of a motion file that is used: two handles over a timeline of it all, in the markup of mote/ui/trimming.py.
// They are sliders of the browser, so that keys and screen readers know them.  Each lies outside of the range, so that
// they never cover each other.
const MoteTrimming = (() => {
  const TICKS = [1, 2, 5, 10, 30, 60, 300, 600]; // seconds between two marks
  const MOST_TICKS = 30;
  const SETTLED = 300; // milliseconds after the last move; a key that repeats moves many times

  const tenths = (seconds) => Math.round(10 * seconds) / 10;
  const within = (value, least, most) => Math.min(Math.max(value, least), most);

  /** Shows each range that arrives, and tells of one that a hand or a key makes of it. */
  function attach(element, props, watch, tell) {
    const root = element.querySelector(".trimming");
    const [start, end] = root.querySelectorAll("input");
    const handles = { start, end };
    let range = null;
    let moving = null; // until what moves has settled, an answer to an earlier place would throw it back

    function draw() {
      root.hidden = !range || range.seconds < props.least;
      if (root.hidden) return;
      for (const [name, handle] of Object.entries(handles)) {
        handle.max = String(Math.ceil(10 * range.seconds) / 10);
        handle.value = String(range[name]);
        handle.setAttribute("aria-valuetext", `${range[name]} of ${tenths(range.seconds)} seconds`);
        root.style.setProperty(`--${name}`, String(within(range[name] / range.seconds, 0, 1)));
      }
      const between = TICKS.find((tick) => range.seconds / tick <= MOST_TICKS) ?? range.seconds;
      root.style.setProperty("--tick", String(between / range.seconds));
    }

    /** The range after a handle went to a place; the other one keeps a length between that the model takes. */
    function moved(name, place) {
      const { least, most } = props;
      const { seconds } = range;
      if (name === "start") {
        const start = tenths(within(place, 0, seconds - least));
        return { seconds, start, end: Math.min(tenths(within(range.end, start + least, start + most)), seconds) };
      }
      const end = within(place, least, seconds);
      return { seconds, start: Math.max(tenths(within(range.start, end - most, end - least)), 0), end };
    }

    for (const [name, handle] of Object.entries(handles)) {
      handle.addEventListener("input", () => {
        clearTimeout(moving);
        moving = 0;
        range = moved(name, handle.valueAsNumber);
        props.value = range;
        draw();
        tell.moved();
      });
      handle.addEventListener("change", () => {
        clearTimeout(moving);
        moving = setTimeout(() => {
          moving = null;
          tell.released();
        }, SETTLED);
      });
    }
    watch("value", () => {
      if (moving !== null && props.value?.seconds === range?.seconds) return;
      range = props.value;
      draw();
    });
    range = props.value;
    draw();
  }

  return { attach };
})();
