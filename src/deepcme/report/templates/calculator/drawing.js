// Small charts in SVG, whose parts stand at shares of the width, so that none is drawn anew.

const SVG = "http://www.w3.org/2000/svg";
const BINS = 25;

function drawn(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const percent = (share) => `${(100 * share).toFixed(3)}%`;

function frame(height, label, ...children) {
  return drawn("svg", { width: "100%", height, role: "img", "aria-label": label, class: "drawn" }, ...children);
}

const text = (x, y, words, anchor = "middle") => drawn("text", { x: percent(x), y, "text-anchor": anchor }, words);

const onAxis = (risk) => `${Number((100 * risk).toFixed(2))}%`;

// Round steps of an axis of risks from 0 to a top.
function risksUpTo(top) {
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25].find((one) => top / one <= 5.01) ?? 0.25;
  return Array.from({ length: Math.floor(top / step + 1.001) }, (_, number) => number * step);
}

// How the training patients' risks lie, and where this patient's stands among them.
function drawPlace(data, told, words) {
  const marks = [told.risk ?? told.highest, told.high ?? 0, data.risks.at(-1)];
  const top = Math.min(1, Math.max(...marks) * 1.04 + 0.01);
  const [left, wide, foot, height] = [0.02, 0.96, 96, 78];
  const at = (risk) => left + (wide * Math.min(risk, top)) / top;
  const shares = Array.from({ length: BINS }, (_, bin) => (
    placeOf(data.risks, ((bin + 1) * top) / BINS) - (bin ? placeOf(data.risks, (bin * top) / BINS) : 0)
  ));
  const most = Math.max(...shares);
  const bars = shares.map((share, bin) => drawn("rect", {
    x: percent(left + (wide * bin) / BINS),
    width: percent((wide / BINS) * 0.88),
    y: foot - (height * share) / most,
    height: (height * share) / most,
    class: "training",
  }));
  const [from, to] = told.risk === undefined ? [told.lowest, told.highest] : [told.low, told.high];
  const band = drawn("rect", { x: percent(at(from)), width: percent(Math.max(at(to) - at(from), 0.003)), y: 10, height: foot - 10, class: "band" });
  const mark = told.risk === undefined ? [] : [
    drawn("line", { x1: percent(at(told.risk)), x2: percent(at(told.risk)), y1: 6, y2: foot, class: "mark" }),
  ];
  const axis = drawn("line", { x1: percent(left), x2: percent(left + wide), y1: foot, y2: foot, class: "axis" });
  const ticks = risksUpTo(top).map((risk) => text(at(risk), foot + 16, onAxis(risk)));
  return frame(118, words, ...bars, band, ...mark, axis, ...ticks);
}

// The risk over time with its band, and the horizon.
function drawCurve(data, curve, words) {
  const top = Math.min(1, Math.max(0.05, ...curve.map(({ high }) => high)) * 1.08);
  const [left, right, head, foot] = [0.1, 0.98, 8, 170];
  const across = (time) => left + ((right - left) * time) / data.lastTime;
  const down = (risk) => foot - ((foot - head) * Math.min(risk, top)) / top;
  const inner = (of) => curve.flatMap((point, place) => {
    const [x, y] = [(1000 * point.time) / data.lastTime, (1000 * (1 - Math.min(of(point), top) / top))];
    const before = place ? [`${x.toFixed(2)},${(1000 * (1 - Math.min(of(curve[place - 1]), top) / top)).toFixed(2)}`] : [];
    return [...before, `${x.toFixed(2)},${y.toFixed(2)}`];
  });
  const band = [...inner(({ high }) => high), ...inner(({ low }) => low).reverse()];
  const plot = drawn(
    "svg",
    { x: percent(left), width: percent(right - left), y: head, height: foot - head, viewBox: "0 0 1000 1000", preserveAspectRatio: "none" },
    drawn("polygon", { points: band.join(" "), class: "band" }),
    drawn("polyline", { points: inner(({ risk }) => risk).join(" "), class: "curve" }),
  );
  const horizon = drawn("line", { x1: percent(across(data.horizon)), x2: percent(across(data.horizon)), y1: head, y2: foot, class: "horizon" });
  const axis = drawn("line", { x1: percent(left), x2: percent(right), y1: foot, y2: foot, class: "axis" });
  const risks = risksUpTo(top).map((risk) => text(left - 0.012, down(risk) + 4, onAxis(risk), "end"));
  const times = data.ticks.map((tick) => text(across(tick * data.perUnit), foot + 17, String(tick)));
  return frame(206, words, plot, horizon, axis, ...risks, ...times, text((left + right) / 2, foot + 34, data.unit));
}

// A bar of a share, from the middle to the right where it raises the risk.
function drawShare(share, most) {
  const part = most ? (0.5 * Math.abs(share)) / most : 0;
  return drawn(
    "svg",
    { width: "100%", height: 14, "aria-hidden": "true", class: "drawn" },
    drawn("rect", { x: percent(share > 0 ? 0.5 : 0.5 - part), width: percent(part), y: 1, height: 12, class: share > 0 ? "raises" : "lowers" }),
    drawn("line", { x1: "50%", x2: "50%", y1: 0, y2: 14, class: "axis" }),
  );
}
