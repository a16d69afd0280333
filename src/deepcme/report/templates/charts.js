// Each chart is as wide as its frame. The first is drawn at once, one that comes near the screen
// before the others, the rest when the browser is idle, so that paper has them all.

// The page's policy lets no text become code, so expressions are interpreted, and no style be added.
const safely = { ast: true, defaultStyle: false, tooltip: { disableDefaultStyle: true } };
// Pixels that A4 and Letter have between our margins, and for one of a pair.
const onPaper = ({ frame }) => (frame.closest(".pair") ? 330 : 680);
const narrow = 560; // pixels of a frame in which legends stand below
const least = (isNarrow) => (isNarrow ? 90 : 170); // pixels of a panel without its words
const around = 90; // pixels beside a panel, before it is drawn

// Rows of the panels of a chart: those that stand beside each other.
function rowsOf(spec) {
  const children = spec.concat || spec.hconcat || spec.vconcat;
  if (spec.facet && spec.spec) return rowsOf(spec.spec).map((row) => [...row]);
  if (!children) return [[spec]];
  const across = spec.vconcat ? 1 : spec.concat && spec.columns ? spec.columns : children.length;
  const rows = [];
  for (let first = 0; first < children.length; first += across) {
    rows.push(children.slice(first, first + across).flatMap((child) => rowsOf(child)[0]));
  }
  return rows;
}

const isOne = (spec) => !(spec.concat || spec.hconcat || spec.vconcat || spec.facet);
const widthOf = (panel) => (typeof panel.width === "number" ? panel.width : 300);
const acrossFacets = (spec) => (spec.facet && spec.columns ? spec.columns : 1);

class Drawing {
  constructor(target) {
    this.target = target;
    this.frame = target.parentElement;
    this.spec = JSON.parse(document.getElementById(`spec-${target.dataset.chart}`).textContent);
    this.width = 0;
  }

  // Pixels that there are; where the frame is folded away, those of the text around it.
  room() {
    const style = getComputedStyle(this.frame);
    const inner = (element) => element.clientWidth
      - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return Math.floor(inner(this.frame.clientWidth ? this.frame : document.querySelector("main")));
  }

  // Draws the chart as wide as that, once at a time; gives its view.
  fit(width = this.room()) {
    this.working = (this.working || Promise.resolve()).then(async () => {
      if (Math.abs(width - this.width) > 3) {
        this.width = width;
        await this.draw(width);
        this.target.classList.add("drawn"); // no room is kept any longer
      }
      return this.view;
    });
    return this.working;
  }

  async draw(width) {
    const spec = structuredClone(this.spec);
    const isNarrow = width < narrow;
    if (isNarrow && spec.hconcat) {
      spec.vconcat = spec.hconcat;
      delete spec.hconcat;
    }
    if (isNarrow && (spec.concat || spec.facet)) spec.columns = 1;
    const leastPanel = least(isNarrow);
    const config = isNarrow
      ? {
        legend: { orient: "bottom", columns: Math.max(1, Math.floor(width / 240)) },
        axis: { labelSeparation: 8 },
      } : {};
    const options = { ...safely, actions: false, renderer: "svg", config };
    const rows = rowsOf(spec);
    const shares = rows.map((row) => {
      const sum = row.reduce((total, panel) => total + widthOf(panel), 0) * acrossFacets(spec);
      return row.map((panel) => [panel, widthOf(panel) / sum]);
    });
    let inner = Math.max(leastPanel, width - (this.beside ?? around));
    const setWidths = () => {
      for (const [panel, share] of shares.flat()) panel.width = Math.max(leastPanel, inner * share);
    };
    setWidths();
    await this.embed(spec, options);
    // A narrower panel lays its labels out anew, which may take some of the width again.
    for (let round = 0; round < 3; round++) {
      const excess = this.drawnWidth() - width;
      if (Math.abs(excess) <= 2 || (excess > 0 && inner <= leastPanel)) break;
      inner = Math.max(leastPanel, inner - excess);
      if (isOne(spec)) {
        await this.view.width(inner).runAsync();
      } else {
        setWidths();
        await this.embed(spec, options);
      }
    }
    this.beside = this.drawnWidth() - inner;
    this.shrink(width);
  }

  async embed(spec, options) {
    if (this.finish) this.finish();
    const { view, finalize } = await vegaEmbed(this.target, spec, options);
    this.view = view;
    this.finish = finalize;
  }

  drawnWidth() {
    const drawn = this.target.querySelector("svg");
    return drawn ? Number(drawn.getAttribute("viewBox").split(" ")[2]) : 0;
  }

  // What words make wider than the frame at the least width of its panels shrinks whole.
  shrink(width) {
    const drawn = this.target.querySelector("svg");
    const [, , across, down] = drawn.getAttribute("viewBox").split(" ").map(Number);
    const share = Math.min(1, width / across);
    drawn.setAttribute("width", across * share);
    drawn.setAttribute("height", down * share);
  }
}

const drawings = [...document.querySelectorAll("[data-chart]")].map((target) => {
  const drawing = new Drawing(target);
  target.drawing = drawing; // for downloads
  return drawing;
});

const waiting = new Set(drawings);
function drawNow(drawing) {
  waiting.delete(drawing);
  return drawing.fit();
}
const whenIdle = window.requestIdleCallback
  ? (task) => requestIdleCallback(task, { timeout: 1000 }) : (task) => setTimeout(task, 50);
function drawNext() {
  const [next] = waiting;
  if (next) drawNow(next).then(() => whenIdle(drawNext));
}
const near = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    near.unobserve(entry.target);
    drawNow(entry.target.drawing);
  }
}, { rootMargin: "60% 0px" });

if (drawings.length) {
  drawNow(drawings[0]).then(() => {
    performance.mark("headline-drawn");
    for (const drawing of drawings) near.observe(drawing.target);
    whenIdle(drawNext);
  });
}

let timer = 0;
let isPrinting = false;
const refit = () => {
  if (isPrinting) return;
  for (const drawing of drawings) if (!waiting.has(drawing)) drawing.fit();
};
new ResizeObserver(() => {
  clearTimeout(timer);
  timer = setTimeout(refit, 150);
}).observe(document.querySelector("main"));
for (const folded of document.querySelectorAll("details")) folded.addEventListener("toggle", refit);
window.addEventListener("beforeprint", () => {
  isPrinting = true;
  waiting.clear();
  for (const drawing of drawings) drawing.fit(onPaper(drawing));
});
window.addEventListener("afterprint", () => {
  isPrinting = false;
  refit();
});
