// An interval, "0.71 (0.60 to 0.82)", never breaks at the end of a line.
const interval = /[+\-\u2212]?[\d.,]+%? \([+\-\u2212]?[\d.,]+%? to [+\-\u2212]?[\d.,]+%?\)/g;
const places = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT, {
  acceptNode: (text) => (text.data.includes(" to ") && !text.parentElement.closest("td:not(.text), pre")
    ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP),
});
const texts = [];
while (places.nextNode()) texts.push(places.currentNode);
for (const text of texts) {
  const pieces = [];
  let from = 0;
  for (const found of text.data.matchAll(interval)) {
    const whole = document.createElement("span");
    whole.className = "whole";
    whole.textContent = found[0];
    pieces.push(text.data.slice(from, found.index), whole);
    from = found.index + found[0].length;
  }
  if (pieces.length) text.replaceWith(...pieces, text.data.slice(from));
}
// A table that is a little too wide is set tighter, before it has to be scrolled.
const widths = new Map();
const fitting = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    // Setting it tighter changes its height, which is no reason to begin again.
    if (widths.get(target) === target.clientWidth) continue;
    widths.set(target, target.clientWidth);
    target.classList.remove("tight");
    target.classList.toggle("tight", target.scrollWidth > target.clientWidth + 1);
  }
});
for (const frame of document.querySelectorAll(".scroll")) fitting.observe(frame);
