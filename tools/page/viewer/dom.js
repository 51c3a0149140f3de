// Small helpers: elements and numbers as text. Text from the data only ever
// becomes text nodes and attribute values, so no name can be taken for HTML.

const byId = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    } else if (name === "style") {
      for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== undefined && value !== null) {
      element.setAttribute(name, String(value));
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const make = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);
const makeSvg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// 1234567 -> "1 234 567", with spaces that do not break.
const grouped = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");

function fixed(number, digits) {
  const [whole, part] = number.toFixed(digits).split(".");
  return `${grouped(whole)}.${part}`;
}

// Milliseconds to the microsecond, as the laboratory's tables have them.
const exactMs = (us) => fixed(us / 1000, 3);

// A duration in the unit that suits it, to three digits or so.
function roughTime(us) {
  const [value, unit] = us >= 1e6 ? [us / 1e6, "s"] : us >= 1e3 ? [us / 1e3, "ms"] : [us, "µs"];
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}\u00a0${unit}`;
}

const percent = (part, digits = 1) => `${(100 * part).toFixed(digits)}\u00a0%`;

const plural = (count, one, many = `${one}s`) => `${grouped(count)}\u00a0${count === 1 ? one : many}`;

// Says below an element that scrolls what of it is out of sight. `things` names
// its rows.
function withScrollHint(element, things) {
  const hint = make("p", { class: "scroll-hint", "aria-hidden": "true" });
  const say = () => {
    const below = element.scrollHeight - element.clientHeight - element.scrollTop > 4;
    const right = element.scrollWidth - element.clientWidth - element.scrollLeft > 4;
    const parts = [below ? `more ${things} below` : "", right ? "more columns to the right" : ""].filter(Boolean);
    hint.textContent = parts.length ? `Scroll here: ${parts.join(", ")}` : "";
  };
  element.addEventListener("scroll", say);
  const observer = new ResizeObserver(say);
  observer.observe(element);
  for (const child of element.children) observer.observe(child);
  return [element, hint];
}

// Returns the first index in [low, high) for which `holds`, or high. It must
// hold for all that follow one for which it does.
function firstWhere(low, high, holds) {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
