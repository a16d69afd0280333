// Small charts in SVG, whose parts stand at shares of the width, so that none is drawn anew.

const SVG = "http://www.w3.org/2000/svg";
const BINS = 25;
const INNER = 1000; // units of the inner drawing of a curve, stretched to its frame

function drawn(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const percent = (share) => `${(100 * share).toFixed(3)}%`;

function chart(height, label, ...parts) {
  const attributes = { width: "100%", height, role: "img", "aria-label": label, class: "drawn" };
  return drawn("svg", attributes, ...parts);
}

function words(x, y, text, anchor = "middle") {
  return drawn("text", { x: percent(x), y, "text-anchor": anchor }, text);
}

const upright = (x, from, to, name) => drawn("line", {
  x1: percent(x), x2: percent(x), y1: from, y2: to, class: name,
});

const level = (from, to, y) => drawn("line", {
  x1: percent(from), x2: percent(to), y1: y, y2: y, class: "axis",
});

const box = (x, width, y, height, name) => drawn("rect", {
  x: percent(x), width: percent(width), y, height, class: name,
});

const onAxis = (risk) => `${Number((100 * risk).toFixed(2))}%`;

// Round steps of an axis of risks from 0 to a top.
function risksUpTo(top) {
  const step = [0.01, 0.02, 0.05, 0.1, 0.2].find((one) => top / one <= 5.01) ?? 0.25;
  return Array.from({ length: Math.floor(top / step + 1.001) }, (_, number) => number * step);
}

// How the training patients' risks lie, and where this patient's stands among them.
function drawPlace(data, told, label) {
  const isRange = told.risk === undefined;
  const [low, high] = isRange ? [told.lowest, told.highest] : [told.low, told.high];
  const top = Math.min(1, Math.max(high, told.risk ?? 0, data.risks.at(-1)) * 1.04 + 0.01);
  const [left, wide, head, foot] = [0.02, 0.96, 18, 96];
  const at = (risk) => left + (wide * Math.min(risk, top)) / top;
  const upTo = (bin) => (bin ? placeOf(data.risks, (bin * top) / BINS) : 0);
  const shares = Array.from({ length: BINS }, (_, bin) => upTo(bin + 1) - upTo(bin));
  const most = Math.max(...shares);
  const bars = shares.map((share, bin) => {
    const height = ((foot - head) * share) / most;
    return box(left + (wide * bin) / BINS, (wide / BINS) * 0.88, foot - height, height, "training");
  });
  return chart(
    118,
    label,
    ...bars,
    box(at(low), Math.max(at(high) - at(low), 0.003), 10, foot - 10, "band"),
    ...(isRange ? [] : [upright(at(told.risk), 6, foot, "mark")]),
    level(left, left + wide, foot),
    ...risksUpTo(top).map((risk) => words(at(risk), foot + 16, onAxis(risk))),
  );
}

// The risk over time with its band, and the horizon.
function drawCurve(data, curve, label) {
  const top = Math.min(1, Math.max(0.05, ...curve.map(({ high }) => high)) * 1.08);
  const [left, right, head, foot] = [0.1, 0.98, 8, 170];
  const across = (time) => left + ((right - left) * time) / data.lastTime;
  const down = (risk) => foot - ((foot - head) * Math.min(risk, top)) / top;
  const attributes = {
    x: percent(left),
    width: percent(right - left),
    y: head,
    height: foot - head,
    viewBox: `0 0 ${INNER} ${INNER}`,
    preserveAspectRatio: "none",
  };
  const steps = (of) => stepsOf(curve, of, data.lastTime, top);
  const band = [...steps(({ high }) => high), ...steps(({ low }) => low).reverse()];
  const plot = drawn(
    "svg",
    attributes,
    drawn("polygon", { points: band.join(" "), class: "band" }),
    drawn("polyline", { points: steps(({ risk }) => risk).join(" "), class: "curve" }),
  );
  return chart(
    206,
    label,
    plot,
    upright(across(data.horizon), head, foot, "horizon"),
    level(left, right, foot),
    ...risksUpTo(top).map((risk) => words(left - 0.012, down(risk) + 4, onAxis(risk), "end")),
    ...data.ticks.map((tick) => words(across(tick * data.perUnit), foot + 17, String(tick))),
    words((left + right) / 2, foot + 34, data.unit),
  );
}

// Points of a line that stays what it is until the next time.
function stepsOf(curve, of, lastTime, top) {
  const y = (point) => (INNER * (1 - Math.min(of(point), top) / top)).toFixed(2);
  return curve.flatMap((point, place) => {
    const x = ((INNER * point.time) / lastTime).toFixed(2);
    return place ? [`${x},${y(curve[place - 1])}`, `${x},${y(point)}`] : [`${x},${y(point)}`];
  });
}

// A bar of a share, from the middle to the right where it raises the risk.
function drawShare(share, most) {
  const part = most ? (0.5 * Math.abs(share)) / most : 0;
  const [start, name] = share > 0 ? [0.5, "raises"] : [0.5 - part, "lowers"];
  return drawn(
    "svg",
    { width: "100%", height: 14, "aria-hidden": "true", class: "drawn" },
    box(start, part, 1, 12, name),
    upright(0.5, 0, 14, "axis"),
  );
}
