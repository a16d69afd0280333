// The table of a file's samples, and the same as a file.

const MOST_ROWS = 1000;

const standingOf = (data, told) => {
  if (told.isPositive === undefined) return told.group ?? "";
  if (told.isPositive === null) return "";
  return told.isPositive ? "positive" : "negative";
};

function shortRemarkOf(data, told) {
  if (told.refusal) return `No prediction: ${refusalOf(told)}`;
  const said = [];
  if (told.missing.length) said.push(`no value: ${listed(labelsOf(data, told.missing), 3)}`);
  if (told.outside.length) said.push(`out of range: ${listed(labelsOf(data, told.outside), 3)}`);
  if (told.isFar) said.push("far from the training data");
  return said.join("; ");
}

function manyTable(data, all, show) {
  const rows = all.slice(0, MOST_ROWS).map((told) => {
    const isRange = !told.refusal && told.risk === undefined;
    const button = make("button", { type: "button", class: "sample" }, told.name);
    button.addEventListener("click", () => show(told));
    const risk = told.risk === undefined ? "" : asPercent(told.risk);
    const cells = [
      isRange ? between(told.lowest, told.highest) : risk,
      risk && between(told.low, told.high),
      risk && !Number.isNaN(told.place) ? String(Math.round(100 * told.place)) : "",
    ].map((text) => make("td", {}, text));
    const texts = [standingOf(data, told), shortRemarkOf(data, told)]
      .map((text) => make("td", { class: "text" }, text));
    const name = make("th", { scope: "row", class: "text" }, button);
    return make("tr", {}, name, ...cells, ...texts);
  });
  const headings = [
    ["Sample", "text"], [whatIsTold(data), ""], ["95% interval", ""],
    ["Lower risk, of 100 in training", ""],
    [data.kind === "binary" ? "Call" : "Third of risk", "text"], ["Remarks", "text"],
  ];
  return make(
    "div",
    { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Results of the file" },
    make("table", {}, make("thead", {}, headRow(headings)), make("tbody", {}, ...rows)),
  );
}

const samplesIn = (number) => `${number} ${number === 1 ? "sample" : "samples"}`;

function summaryOf(all) {
  const predicted = all.filter((told) => told.risk !== undefined).length;
  const refused = all.filter((told) => told.refusal).length;
  const ranges = all.length - predicted - refused;
  const said = [`${samplesIn(all.length)}: ${predicted} predicted`];
  if (ranges) said.push(`${ranges} with a range, as genes have no value`);
  if (refused) said.push(`${refused} without a prediction`);
  const shown = `The table shows the first ${MOST_ROWS}; the file has all.`;
  return `${said.join(", ")}. ${all.length > MOST_ROWS ? shown : ""}`;
}
