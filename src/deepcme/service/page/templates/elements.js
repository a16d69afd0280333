// Elements are made of texts alone: whatever a model or a sample is called stays text.
const byId = (id) => document.getElementById(id);

function make(name, attributes = {}, ...inside) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...inside);
  return element;
}

function makeTerms(pairs) {
  return pairs.flatMap(([heading, text]) => [make("dt", {}, heading), make("dd", {}, text)]);
}

// A problem under its part of the page; none where the text is empty.
function tell(id, text) {
  byId(id).textContent = text;
  byId(id).hidden = !text;
}

function saveAs(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

function showBytes(bytes) {
  if (bytes < 1e3) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
