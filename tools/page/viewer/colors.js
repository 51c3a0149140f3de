// A colour a task, the same under every policy. Eight can be told apart by
// people without red, green or blue cones too (tests/page/color_vision.py), and
// have a contrast of 3 or more to the ground. The second eight are set off from
// them; those of later tasks are made, and do not repeat.

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

// Turns by the golden angle, so that neighbours differ; three shades by turns. As
// light or dark as the contrast of 3 to the ground asks for.
function madeRgb(number) {
  const hue = (number * 137.508) % 360;
  const saturation = [0.75, 0.5, 0.9][number % 3];
  const isDark = theme.name === "dark";
  const ground = luminance(rgbOf(isDark ? "#1a1f26" : "#f2f4f7"));
  const step = isDark ? 0.02 : -0.02;
  for (let light = [0.5, 0.36, 0.62][number % 3]; ; light += step) {
    const chroma = saturation * Math.min(light, 1 - light);
    const rgb = [0, 8, 4].map((n) => {
      const k = (n + hue / 30) % 12;
      return Math.round(255 * (light - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
    });
    const [low, high] = [luminance(rgb), ground].sort((a, b) => a - b);
    if ((high + 0.05) / (low + 0.05) >= 3) return rgb;
  }
}

function taskRgb(task) {
  if (task < 0) return rgbOf(theme.name === "dark" ? "#7b8594" : "#8a92a0");
  const palette = PALETTES[theme.name];
  if (task >= 2 * palette.length) return madeRgb(task - 2 * palette.length);
  const rgb = rgbOf(palette[task % palette.length]);
  // The second eight are set off from the first, towards the text's colour.
  const mix = task >= palette.length ? 0.35 : 0;
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
