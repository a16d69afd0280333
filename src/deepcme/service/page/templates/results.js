// What the service predicted, in words and numbers as its table has them.
const SHOWN_AT_MOST = 200;
const WARNING = "warning: ";

const isGiven = (value) => value !== null && value !== undefined && value !== "";
const percent = (value) => `${(100 * value).toFixed(1)}%`;
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
  horizon: ["By"],
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
const WITHIN_OTHERS = ["ci_low", "ci_high", "highest"];

// Heading and text of each cell; a column that is empty throughout is left out.
function makeColumns(rows) {
  const names = Object.keys(rows[0]).filter((name) => !WITHIN_OTHERS.includes(name));
  return names.map((name) => {
    const known = HEADINGS[name];
    const byTime = name.startsWith("risk_by_");
    const heading = known?.[0] ?? (byTime ? `Risk by ${name.slice(8)}` : name);
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
  const columns = makeColumns(rows.slice(0, SHOWN_AT_MOST));
  byId("found").replaceChildren(...(rows.length === 1 ? showOne(rows[0], columns) : showMany(rows, columns)));
  byId("interval-note").hidden = !rows.some((row) => isGiven(row.ci_low));
  const warnings = answer.notes.filter((note) => note.startsWith(WARNING)).map((note) => note.slice(WARNING.length));
  showItems("warnings", warnings);
  showItems("notes", answer.notes.filter((note) => !note.startsWith(WARNING)));
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

function showMany(rows, columns) {
  const shown = rows.slice(0, SHOWN_AT_MOST);
  const style = ({ numeric }) => (numeric ? null : "text");
  const cells = (place) => columns.map((column) => make("td", { class: style(column), "data-heading": column.heading }, column.texts[place]));
  const table = make("table", {},
    make("thead", {}, make("tr", {}, ...columns.map((column) => make("th", { scope: "col", class: style(column) }, column.heading)))),
    make("tbody", {}, ...shown.map((_, place) => make("tr", {}, ...cells(place)))));
  const told = `${counted(rows.length, "sample")}${rows.length > shown.length ? `; the first ${shown.length} are shown, the CSV has all` : ""}.`;
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
