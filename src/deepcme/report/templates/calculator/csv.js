// The table as a file: the columns, the digits and the words of `deepcme predict`, but for those
// that need more than the panel (whether the model learned from the patient).

const MOST_PUSHES = 5;
// A cell that a spreadsheet would run.
const FORMULA = /^[\s\x00-\x1f"\u200b\ufeff]*(?![+-][0-9]+(\.[0-9]+)?\s*$)[=+\-@\uff1d\uff0b\uff0d\uff20]/;

// Six digits after the point, the last rounded to even, as Python writes it.
function sixDigits(value) {
  if (value === undefined || Number.isNaN(value)) return "";
  const scaled = value * 1e6;
  const near = Math.round(scaled);
  const even = Math.abs(scaled % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
  return pythonNumber(even / 1e6);
}

function pythonNumber(value) {
  if (value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  const written = Object.is(value, -0) ? "-0" : String(value);
  return written.includes(".") ? written : `${written}.0`;
}

const yesOrNo = (value) => ({ true: "yes", false: "no" }[String(value)] ?? "");

const signed = (share) => `${share < 0 ? "" : "+"}${share.toFixed(3)}`;

function pushesOf(data, { shares }) {
  if (!shares) return "";
  return shares.map((share, gene) => ({ share, gene }))
    .sort((a, b) => Math.abs(b.share) - Math.abs(a.share) || a.gene - b.gene)
    .slice(0, MOST_PUSHES).filter(({ share }) => share !== 0)
    .map(({ share, gene }) => `${data.genes[gene].label} ${signed(share)}`)
    .join("; ");
}

const outsideOf = (data, told) => told.outside
  .map((gene) => `${data.genes[gene].label} ${told.sides[gene] > 0 ? "above" : "below"}`)
  .join("; ");

function remarkOf(data, told) {
  if (told.refusal) return told.refusal;
  if (!told.missing.length) return "";
  return naming(data.words.aRange, labelsOf(data, told.missing));
}

function columnsOf(data, told) {
  const isBinary = data.kind === "binary";
  const kind = isBinary
    ? { threshold: sixDigits(data.threshold), positive: yesOrNo(told.isPositive) }
    : { horizon: data.until, group: told.group ?? "", log_hazard: sixDigits(told.predictor) };
  return {
    sample: told.name,
    [isBinary ? "probability" : "risk"]: sixDigits(told.risk),
    ci_low: sixDigits(told.low),
    ci_high: sixDigits(told.high),
    lowest: sixDigits(told.lowest),
    highest: sixDigits(told.highest),
    place: sixDigits(told.place),
    spread: sixDigits(told.spread),
    ...kind,
    far: yesOrNo(told.isFar),
    coverage: sixDigits(told.coverage),
    outside: outsideOf(data, told),
    genes: pushesOf(data, told),
    remark: remarkOf(data, told),
  };
}

function cellOf(words) {
  const plain = words.replace(/\r\n?/g, "\n");
  const safe = FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csvOf(data, all) {
  const rows = all.map((told) => columnsOf(data, told));
  const lines = [Object.keys(rows[0]), ...rows.map((row) => Object.values(row))];
  return lines.map((cells) => `${cells.map(cellOf).join(",")}\n`).join("");
}

function download(data, all) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csvOf(data, all)], { type: "text/csv" }));
  link.download = "predictions.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
