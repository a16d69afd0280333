// What the service predicted, in words and numbers as its table has them.
const SHOWN_AT_MOST = 200;
const WARNING = /^warning: /i;

const isGiven = (value) => value !== null && value !== undefined && value !== "";

// No risk that is not 0 or 1 is rounded to one of them.
function percent(value) {
  if (value > 0 && value < 0.0005) return "<0.1%";
  if (value < 1 && value >= 0.9995) return ">99.9%";
  return `${(100 * value).toFixed(1)}%`;
}

const yesOrNo = (value) => (typeof value === "boolean" ? (value ? "yes" : "no") : String(value));

function withInterval(row, told) {
  if (!isGiven(row[told])) return "";
  const interval = isGiven(row.ci_low) ? ` (${percent(row.ci_low)} to ${percent(row.ci_high)})` : "";
  return `${percent(row[told])}${interval}`;
}

// Where no gene is missing the range is the risk itself.
const withRange = (row, told) => (isGiven(row.lowest) && !isGiven(row[told])
  ? `${percent(row.lowest)} to ${percent(row.highest)}` : "");

const HEADINGS = {
  sample: ["Sample"],
  probability: ["Probability (95% interval)", (row) => withInterval(row, "probability")],
  risk: ["Risk (95% interval)", (row) => withInterval(row, "risk")],
  lowest: ["Range, whatever the missing genes are", (row) => withRange(row, "probability" in row ? "probability" : "risk")],
  place: ["Training patients of a lower risk", (row) => (isGiven(row.place) ? percent(row.place) : "")],
  threshold: ["Threshold", (row) => (isGiven(row.threshold) ? percent(row.threshold) : "")],
  positive: ["Reaches the threshold"],
  group: ["Third of risk"],
  spread: ["Spread over the model’s members", (row) => (isGiven(row.spread) ? `${(100 * row.spread).toFixed(1)} points` : "")],
  log_hazard: ["Log hazard", (row) => (isGiven(row.log_hazard) ? row.log_hazard.toFixed(3) : "")],
  far: ["Far from the training data"],
  coverage: ["Genes with a value", (row) => (isGiven(row.coverage) ? percent(row.coverage) : "")],
  outside: ["Out of the training range"],
  training_patient: ["The model learned from this patient"],
  genes: ["Genes that push it most"],
  remark: ["Remark"],
};
const WITHIN_OTHERS = ["ci_low", "ci_high", "highest", "horizon"];
const AS_EXPECTED = ["", "no", "100.0%"];

// Heading and text of each cell; a column that is empty throughout is left out.
function makeColumns(rows, unit) {
  const names = Object.keys(rows[0]).filter((name) => !WITHIN_OTHERS.includes(name));
  return names.map((name) => {
    const known = HEADINGS[name];
    const byTime = name.startsWith("risk_by_");
    const heading = (known?.[0] ?? (byTime ? `Risk by ${name.slice(8)} ${unit}` : name))
      .replace(/^Risk (?=\()/, rows[0].horizon ? `Risk by ${rows[0].horizon} ` : "$&");
    const show = known?.[1] ?? ((row) => (isGiven(row[name]) ? (byTime ? percent(row[name]) : yesOrNo(row[name])) : ""));
    return { name, heading, texts: rows.map(show), numeric: rows.some((row) => typeof row[name] === "number") };
  }).filter(({ texts }) => texts.some(Boolean));
}

let asked = null;
let answeredBy = null;

function showResults(request, answer, model) {
  asked = request;
  answeredBy = answer.model;
  const rows = answer.predictions;
  const columns = makeColumns(rows.slice(0, SHOWN_AT_MOST), model.times?.unit);
  byId("found").replaceChildren(...(rows.length === 1 ? showOne(rows[0], columns) : showMany(rows, columns)));
  byId("interval-note").hidden = !rows.some((row) => isGiven(row.ci_low));
  const warnings = answer.notes.filter((note) => WARNING.test(note)).map((note) => note.replace(WARNING, ""));
  showItems("warnings", warnings.map((note) => `${note[0].toUpperCase()}${note.slice(1)}`));
  showItems("notes", answer.notes.filter((note) => !WARNING.test(note)));
  byId("origin").replaceChildren(...makeTerms([
    ["Model", `${answer.model.name}, version ${answer.model.version}`],
    ["SHA-256", make("code", { class: "sha" }, answer.model.sha256)],
    ["Endpoint", model.endpoint],
    ["Learned from", `${counted(model.patients, "patient")} of ${model.cohort}`],
    ["Expected", model.expected],
    ["Predicted", `${request.of}, on ${new Date().toISOString().slice(0, 16).replace("T", " at ")} (UTC)`],
  ]));
  tell("save-problem", "");
  byId("results").hidden = false;
  byId("results").focus();
}

function showItems(id, texts) {
  byId(id).replaceChildren(...texts.map((text) => make("li", {}, text)));
  byId(id).hidden = !texts.length;
}

function showOne(row, columns) {
  const told = "risk" in row ? "risk" : "probability";
  const name = `${told}${row.horizon ? ` by ${row.horizon}` : ""}`;
  let first = "no prediction";
  if (isGiven(row[told])) {
    const interval = isGiven(row.ci_low) ? ` (95% interval ${percent(row.ci_low)} to ${percent(row.ci_high)})` : "";
    first = `${name} ${percent(row[told])}${interval}`;
  } else if (isGiven(row.lowest)) {
    first = `${name} between ${percent(row.lowest)} and ${percent(row.highest)}, whatever the missing genes are`;
  }
  // What stands in large letters is not said again.
  const rest = columns.filter(({ name: column }) => !["sample", "probability", "risk", "horizon", "lowest"].includes(column));
  return [make("p", { class: "first" }, `${row.sample}: ${first}.`), make("dl", {}, ...makeTerms(rest.map(({ heading, texts }) => [heading, texts[0]])))];
}

function showMany(rows, all) {
  const shown = rows.slice(0, SHOWN_AT_MOST);
  // What is as it should be of every sample takes no room, nor what is a risk on another scale.
  const columns = all.filter(({ name, texts }) => name !== "log_hazard" && !texts.every((text) => AS_EXPECTED.includes(text)));
  const style = ({ name, numeric }) => (numeric ? null : `text ${name === "genes" || name === "remark" ? "wide" : ""}`.trim());
  const cells = (place) => columns.map((column) => make("td", { class: style(column), "data-heading": column.heading }, column.texts[place]));
  const table = make("table", {},
    make("thead", {}, make("tr", {}, ...columns.map((column) => make("th", { scope: "col", class: style(column) }, column.heading)))),
    make("tbody", {}, ...shown.map((_, place) => make("tr", {}, ...cells(place)))));
  const first = rows.length > shown.length ? `; the first ${shown.length} are shown` : "";
  const told = `${counted(rows.length, "sample")}${first}. The CSV has every sample and column.`;
  return [make("p", {}, told), make("div", { class: "scroll wrap long tall", tabindex: "0", role: "region", "aria-label": "Predictions" }, table)];
}

// The very bytes that `deepcme predict` writes: the service is asked for the same once more.
async function saveResults() {
  tell("save-problem", "");
  byId("save").disabled = true;
  try {
    const answer = await ask(asked.path, { ...asked, accept: "text/csv" });
    if (answer.headers.get("X-Model-SHA256") !== answeredBy.sha256) {
      throw new Problem("The service has another version of the model since: predict again, then save.");
    }
    saveAs(await answer.blob(), `${fileName(answeredBy.name)}-predictions.csv`);
  } catch (problem) {
    tell("save-problem", problem.message);
  }
  byId("save").disabled = false;
}
