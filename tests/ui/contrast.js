// Every text of the page that is seen and stands out too little from what is behind it: below 4.5 : 1 (WCAG 2, AA).
() => {
  const LEAST = 4.5;
  const colour = (text) => {
    const numbers = text.match(/[\d.]+/g).map(Number);
    const whole = text.startsWith("color(srgb") ? numbers.slice(0, 3).map((part) => part * 255) : numbers.slice(0, 3);
    return [...whole, numbers[3] ?? 1];
  };
  const over = (front, back) => [...[0, 1, 2].map((i) => front[i] * front[3] + back[i] * (1 - front[3])), 1];
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      layers.push(colour(getComputedStyle(at).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reverse().reduce((back, layer) => over(layer, back), [255, 255, 255, 1]);
  };
  const found = new Set();
  for (const element of document.querySelectorAll("body *")) {
    const box = element.getBoundingClientRect();
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || box.width === 0) continue;
    if (element.matches(":disabled")) continue;
    const words = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("").trim();
    const parts = [[words, null], [element.value ? "" : element.placeholder, "::placeholder"]];
    for (const [text, part] of parts.filter(([text]) => text)) {
      const back = behind(element);
      const front = over(colour(getComputedStyle(element, part).color), back);
      const [dark, bright] = [light(front), light(back)].sort((a, b) => a - b);
      const contrast = (bright + 0.05) / (dark + 0.05);
      if (contrast < LEAST) found.add(`${contrast.toFixed(2)}: ${text.slice(0, 40)}`);
    }
  }
  return [...found];
}
