// What is told of one patient, as elements of the page.

const MOST_SHARES = 12;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

const paragraph = (name, ...children) => make("p", { class: name }, ...children);

function figureOf(picture, caption) {
  return make("figure", {}, picture, make("figcaption", {}, caption));
}

function partsOf(data, told, entered) {
  const label = `${whatIsTold(data)}${told.name ? `, ${told.name}` : ""}`;
  const parts = told.refusal ? refusedParts(told, label) : toldParts(data, told, label);
  const cautions = cautionsOf(data, told).map((caution) => make("li", {}, caution));
  if (cautions.length) {
    const warned = { class: "warned", "aria-label": "Read this first" };
    parts.splice(3, 0, make("ul", warned, ...cautions));
  }
  return [
    ...parts,
    paragraph("entered", make("strong", {}, "Values entered: "), entered),
    paragraph("research small", "For research only: no claim of clinical validity."),
  ];
}

const refusedParts = (told, label) => [
  paragraph("label", label),
  paragraph("value none", "No prediction"),
  paragraph("why", `${capitalised(refusalOf(told))}.`),
];

function toldParts(data, told, label) {
  const isRange = told.risk === undefined;
  const value = isRange ? between(told.lowest, told.highest) : asPercent(told.risk);
  const beside = isRange
    ? "range, as genes have no value" : `95% interval ${between(told.low, told.high)}`;
  const parts = [
    paragraph("label", label),
    paragraph("value", value, " ", make("span", { class: "interval" }, beside)),
    paragraph("why", isRange ? missingSentence(data, told) : callOf(data, told)),
    make("div", { class: "charts" }, ...chartsOf(data, told)),
  ];
  if (isRange) return parts;
  return [...parts, sharesTable(data, told), paragraph("small muted", intervalInWords(data))];
}

function chartsOf(data, told) {
  if (told.risk === undefined) {
    return [figureOf(
      drawPlace(data, told, missingSentence(data, told)),
      "Bars: risks of the training patients while they were held out. Shaded: where this "
      + "patient's may lie.",
    )];
  }
  const place = Number.isNaN(told.place) ? "" : placeOfHundred(told);
  const figures = [figureOf(
    drawPlace(data, told, place || "The model gives everybody the same risk."),
    `${place} Bars: risks of the training patients while they were held out; line and shade: this `
    + "patient and the interval.",
  )];
  if (data.kind === "survival") {
    const label = `Risk over time: ${asPercent(told.risk)} by ${data.until}`;
    figures.push(figureOf(
      drawCurve(data, curveOf(data, told.z), label),
      "Risk of the event by each time, with its interval; the upright line is the horizon, "
      + `${data.until}.`,
    ));
  }
  return figures;
}

// What each gene adds, the first genes at once and the others folded away.
function sharesTable(data, told) {
  const order = told.shares.map((_, gene) => gene)
    .sort((a, b) => Math.abs(told.shares[b]) - Math.abs(told.shares[a]) || a - b);
  const first = order.slice(0, MOST_SHARES);
  const rest = order.slice(MOST_SHARES);
  const what = rest.length ? `The ${MOST_SHARES} genes that push it most` : "What each gene adds";
  const caption = `${what}: what the model does, not what causes anything.`;
  const shown = tableOfShares(data, told, first, caption);
  if (!rest.length) return shown;
  const summary = make("summary", {}, `The other ${rest.length} genes`);
  const table = tableOfShares(data, told, rest, "The other genes.");
  return make("div", {}, shown, make("details", { class: "rest" }, summary, table));
}

function tableOfShares(data, told, genes, caption) {
  const most = Math.max(...told.shares.map(Math.abs));
  const scale = data.kind === "binary" ? "log-odds" : "log hazard";
  const headings = [
    ["Gene", "text"], ["Value", ""], ["Lowers or raises the risk", "bar"],
    [`Share in the ${scale}`, ""],
  ];
  const rowOf = (gene) => {
    const share = told.shares[gene];
    return make(
      "tr",
      {},
      make("th", { scope: "row", class: "text" }, data.genes[gene].label),
      make("td", {}, shortly(told.values[gene])),
      make("td", { class: "bar" }, drawShare(share, most)),
      make("td", {}, `${share < 0 ? "\u2212" : "+"}${Math.abs(share).toFixed(3)}`),
    );
  };
  return make(
    "table",
    { class: "shares" },
    make("caption", {}, caption),
    make("thead", {}, headRow(headings)),
    make("tbody", {}, ...genes.map(rowOf)),
  );
}

function headRow(headings) {
  return make("tr", {}, ...headings.map(([heading, name]) => (
    make("th", { scope: "col", class: name }, heading)
  )));
}
