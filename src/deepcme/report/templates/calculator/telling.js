// What the model tells of one patient, or why it tells nothing.

const MOST_SWEEPS = 10;
const ROUNDING = 1e-6; // deviations by which a training value may miss its own range
const MOST_NAMED = 6;

const placesWhere = (list, test) => list.flatMap((item, place) => (test(item) ? [place] : []));

function few(names, most = MOST_NAMED) {
  return names.slice(0, most).join(", ") + (names.length > most ? " ..." : "");
}

const naming = (words, genes) => words.replace("{genes}", () => few(genes));

// Values of the genes and of the reference genes in single precision, NaN where there is none.
function tell(data, { name = "", values, reference = [] }) {
  const scaled = onScale(values, reference, data.log2);
  const places = data.genes.map((_, gene) => gene);
  const missing = places.filter((gene) => Number.isNaN(values[gene]));
  const known = places.length - missing.length;
  const sides = scaled.map((value, gene) => sideOf(data.genes[gene], value));
  const outside = places.filter((gene) => sides[gene]);
  const told = {
    name, values, reference, scaled, missing, outside, sides, coverage: known / places.length,
  };
  const absent = placesWhere(reference, Number.isNaN).map((gene) => data.reference[gene].label);
  const { noReference, noValue, outOfRange } = data.words;
  if (absent.length) return { ...told, refusal: naming(noReference, absent) };
  if (!known) return { ...told, refusal: noValue };
  if (2 * outside.length > known) return { ...told, refusal: outOfRange };
  const other = findOtherScale(data, values, reference);
  if (other) return { ...told, refusal: other };
  const z = scaled.map((value, gene) => standardised(data.genes[gene], value, data.clip));
  const squares = z.reduce((sum, value) => sum + value ** 2, 0);
  told.isFar = Math.sqrt(squares / known) > data.far;
  return { ...told, z, ...(missing.length ? tellRange(data, z, missing) : tellRisk(data, z)) };
}

// -1 below the training range of a gene, 1 above, 0 within or without a value.
function sideOf({ ranges, scale }, value) {
  const beyond = ROUNDING * scale;
  return Number(value > ranges.at(-1) + beyond) - Number(value < ranges[0] - beyond);
}

function tellRisk(data, z) {
  const predictor = calibrated(data, scoreOf(data.learned, z));
  const risk = riskOf(data, predictor);
  const [low, high] = intervalOf(resampledRisks(data, resampledPredictors(data, z)));
  const { slope } = data.calibration;
  const told = {
    predictor, risk, low, high, lowest: risk, highest: risk,
    place: slope > 0 ? placeOf(data.risks, risk) : NaN,
    spread: spreadOf(data, z),
    shares: sharesOf(data.learned, z).map((share) => slope * share),
  };
  if (data.kind === "binary") {
    return { ...told, isPositive: data.calls ? risk >= data.threshold : null };
  }
  return { ...told, group: data.cutOffs && data.groups[groupOf(data.cutOffs, risk)] };
}

// Standard deviation of the risk over the networks; NaN of one.
function spreadOf(data, z) {
  if (data.learned.coefficients || data.learned.networks.length === 1) return NaN;
  const scores = scoresByNetwork(data.learned, z);
  const risks = scores.map((score) => riskOf(data, calibrated(data, score)));
  const mean = meanOf(risks);
  return Math.sqrt(meanOf(risks.map((risk) => (risk - mean) ** 2)));
}

// The third of the training risks: a risk at a cut-off belongs to the lower one.
const groupOf = (cutOffs, risk) => cutOffs.filter((cutOff) => cutOff < risk).length;

// Lowest and highest risk over all that the missing genes were in training.
function tellRange(data, z, missing) {
  const ranges = new Map(missing.map((gene) => {
    const { ranges: quantiles } = data.genes[gene];
    return [gene, quantiles.map((value) => standardised(data.genes[gene], value, data.clip))];
  }));
  const search = data.learned.coefficients ? searchEnds : searchQuantiles;
  const [lowest, highest] = [1, -1].map((sign) => (
    riskOf(data, calibrated(data, search(data.learned, z, ranges, sign)))
  ));
  return { lowest, highest };
}

// The lowest of sign times the score: exact, as each gene has its end of the range.
function searchEnds(learned, z, ranges, sign) {
  const filled = [...z];
  for (const [gene, values] of ranges) {
    const rises = sign * learned.coefficients[gene] > 0;
    filled[gene] = rises ? values[0] : values.at(-1);
  }
  return scoreOf(learned, filled);
}

// The same of networks: one gene after the other takes its best quantile, until none changes.
function searchQuantiles(learned, z, ranges, sign) {
  const filled = [...z];
  const chosen = new Map();
  for (const [gene, values] of ranges) {
    chosen.set(gene, values.length >> 1);
    filled[gene] = values[values.length >> 1];
  }
  let found = scoreOf(learned, filled);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep += 1) {
    let hasChanged = false;
    for (const [gene, values] of ranges) {
      const scores = values.map((value) => {
        filled[gene] = value;
        return sign * scoreOf(learned, filled);
      });
      const best = scores.indexOf(Math.min(...scores));
      filled[gene] = values[best];
      found = sign * scores[best];
      hasChanged ||= best !== chosen.get(gene);
      chosen.set(gene, best);
    }
    if (!hasChanged) break;
  }
  return found;
}
