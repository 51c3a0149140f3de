// A colour a task, the same under every policy. Eight can be told apart by
// people without red, green or blue cones too (tests/page/color_vision.py), and
// have a contrast of 3 or more to the ground.

const PALETTES = {
  light: ["#0a69c2", "#c67b04", "#006a42", "#af4783", "#0097c9", "#a13404", "#9a8c4d", "#4e2c7f"],
  dark: ["#53acf3", "#eba81c", "#079d71", "#d68db7", "#70dcff", "#d8703a", "#dfd46e", "#836dad"],
};

function rgbOf(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const theme = {
  name: "light",
  // What canvases draw with; set by setTheme.
  ink: {},
};

function taskRgb(task) {
  if (task < 0) return rgbOf(theme.name === "dark" ? "#7b8594" : "#8a92a0");
  const palette = PALETTES[theme.name];
  const rgb = rgbOf(palette[task % palette.length]);
  // The second eight are set off from the first, towards the text's colour.
  const mix = Math.floor(task / palette.length) % 2 ? 0.35 : 0;
  const to = theme.name === "dark" ? 255 : 0;
  return rgb.map((value) => Math.round(value + mix * (to - value)));
}

// Asked for once a pixel, so remembered until the theme changes.
const colorTexts = new Map();

const cssColor = (rgb) => `rgb(${rgb[0]} ${rgb[1]} ${rgb[2]})`;
function taskColor(task) {
  if (!colorTexts.has(task)) colorTexts.set(task, cssColor(taskRgb(task)));
  return colorTexts.get(task);
}
// Black or white, whichever is read better on it.
const textOn = (rgb) => (luminance(rgb) > 0.179 ? "#000000" : "#ffffff");

// `name` is "light" or "dark".
function setTheme(name) {
  theme.name = name;
  colorTexts.clear();
  document.documentElement.dataset.theme = name;
  const style = getComputedStyle(document.documentElement);
  for (const key of ["ground", "raised", "lane", "line", "strong-line", "text", "soft-text", "accent"]) {
    theme.ink[key] = style.getPropertyValue(`--${key}`).trim();
  }
}

const darkPreferred = matchMedia("(prefers-color-scheme: dark)");
setTheme(darkPreferred.matches ? "dark" : "light");
