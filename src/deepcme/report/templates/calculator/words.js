// What is told, in words.

// 23%, 4.1%, 0.03%; never 0% or 100% of a risk that is neither.
function asPercent(risk) {
  const points = 100 * risk;
  if (risk > 0 && points < 0.01) return "< 0.01%";
  if (risk < 1 && points > 99.99) return "> 99.99%";
  const near = Math.min(points, 100 - points);
  const decimals = near >= 9.95 || near === 0 ? 0 : near >= 0.95 ? 1 : 2;
  return `${points.toFixed(decimals)}%`;
}

const between = (low, high) => `${asPercent(low)} to ${asPercent(high)}`;
const whatIsTold = (data) => (data.kind === "binary" ? "Probability" : `Risk by ${data.until}`);
const labelsOf = (data, genes) => genes.map((gene) => data.genes[gene].label);

function listed(names, most = 8) {
  const left = names.length - most;
  const shown = left > 0 ? [...names.slice(0, most), `${left} more`] : names;
  return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}` : shown.join("");
}

// A value and the ends of a range that it is not in, in digits by which that is seen.
function toldApart(numbers) {
  const written = [4, 5, 6, 7, 8, 9].map((digits) => (
    numbers.map((number) => shortly(number, digits))
  ));
  return written.find((shown) => shown.indexOf(shown[0], 1) < 0) ?? written.at(-1);
}

// As many digits as are read at a glance.
function shortly(number, digits = 4) {
  if (number === 0 || !Number.isFinite(number)) return String(number);
  const size = Math.abs(number);
  if (size >= 1e6 || size < 1e-4) return number.toExponential(2);
  return String(Number(number.toPrecision(digits)));
}

const intervalInWords = (data) => (
  `The interval is ${data.words.interval}. It does not say whether this patient will have the `
  + "event."
);

function callOf(data, told) {
  if (told.isPositive !== undefined) {
    if (told.isPositive === null) return "The model makes no calls.";
    const side = told.isPositive ? "Positive: at or above" : "Negative: below";
    return `${side} the model's threshold of ${asPercent(data.threshold)}.`;
  }
  if (!told.group) return "The model gives everybody the same risk.";
  const [low, high] = data.cutOffs;
  return `In the ${told.group} third of the training patients' risks, which are parted at `
    + `${asPercent(low)} and ${asPercent(high)}.`;
}

const placeOfHundred = (told) => {
  const of = Math.round(100 * told.place);
  return `Of 100 training patients ${of} had a lower risk.`;
};

function missingSentence(data, told) {
  const names = listed(labelsOf(data, told.missing));
  const isOne = told.missing.length === 1;
  const [have, were] = isOne ? ["has", "it was"] : ["have", "they were"];
  const how = data.learned.coefficients || isOne ? "" : " (searched one gene after the other)";
  return `${names} ${have} no value: over all that ${were} in training, the risk runs from `
    + `${between(told.lowest, told.highest)}${how}. No single number is told.`;
}

// Why not to rely on it.
function cautionsOf(data, told) {
  const said = [];
  for (const gene of (told.outside ?? []).slice(0, 5)) {
    const { label, ranges } = data.genes[gene];
    const numbers = [told.scaled[gene], ranges[0], ranges.at(-1)].map(onEntryScale(data));
    const shown = toldApart(numbers);
    const range = `in training it was ${shown[1]} to ${shown[2]}`;
    said.push(`${label} is ${shown[0]}${besideReference(data)}; ${range}.`);
  }
  const more = (told.outside ?? []).length - 5;
  if (more > 0) {
    said.push(`${more} more ${more === 1 ? "gene is" : "genes are"} out of the training range.`);
  }
  if (told.isFar) {
    said.push(
      "Far outside the training data: another platform, scale or tissue may be the reason; not "
      + "to be relied on.",
    );
  }
  return said;
}

const besideReference = (data) => (data.reference.length ? " beside the reference genes" : "");

// A value on the scale that is standardised, as it is typed; against the reference it is of logs.
const onEntryScale = (data) => (value) => (
  data.log2 && !data.reference.length ? 2 ** value - 1 : value
);

// A refusal without what a command would have to be told.
const refusalOf = (told) => told.refusal.replace(/: [^:]*--.*$/, "");

const capitalised = (sentence) => sentence.charAt(0).toUpperCase() + sentence.slice(1);

// One sentence for those who hear the page.
function spokenOf(data, told) {
  if (told.refusal) return `No prediction: ${refusalOf(told)}.`;
  const what = whatIsTold(data);
  if (told.risk === undefined) {
    const { length } = told.missing;
    return `${what} ${between(told.lowest, told.highest)}. Genes without a value: ${length}.`;
  }
  const warned = cautionsOf(data, told).length ? " There are warnings." : "";
  return `${what} ${asPercent(told.risk)}, 95% interval ${between(told.low, told.high)}.${warned}`;
}
