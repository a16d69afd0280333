// From the values of one patient to what the model tells: doubles all the way, as `predict` does
// it. Nothing here knows of the page.

const MOST_OUTSIDE = 0.5; // share of the genes beyond which the values are of another scale

const clipped = (value, limit) => Math.min(limit, Math.max(-limit, value));
const expit = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const meanOf = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

// Between order statistics as numpy.quantile has it.
function quantileOf(sorted, share) {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  const part = place - below;
  const step = sorted[above] - sorted[below];
  return part >= 0.5 ? sorted[above] - step * (1 - part) : sorted[below] + step * part;
}

function intervalOf(numbers) {
  const sorted = Float64Array.from(numbers).sort();
  return [quantileOf(sorted, 0.025), quantileOf(sorted, 0.975)];
}

// How many of the sorted numbers are not above a value.
function countUpTo(sorted, value) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Values as the genes are standardised: logged where the model's are, less the reference genes.
function onModelScale(data, values, reference) {
  const logged = (value) => (data.log2 ? Math.log2(Math.max(value, 0) + 1) : value);
  const level = reference.length ? meanOf(reference.map(logged)) : 0;
  return values.map((value) => logged(value) - level);
}

const standardised = (gene, value, clip) => (
  gene.scale > 0 ? clipped((value - gene.mean) / gene.scale, clip) : 0
);

// What calibration makes of a score: log-odds, or a log hazard.
const calibrated = (data, score) => data.calibration.intercept + data.calibration.slope * score;

// Cumulative hazard by a time: that of the last step up to it.
function hazardBy(times, hazards, time) {
  const steps = countUpTo(times, time);
  return steps ? hazards[steps - 1] : 0;
}

const riskOfHazard = (hazard, logHazard) => (
  hazard === 0 ? 0 : -Math.expm1(-hazard * Math.exp(logHazard))
);

function riskOf(data, predictor, time = data.horizon) {
  if (data.kind === "binary") return expit(predictor);
  return riskOfHazard(hazardBy(data.baseline.times, data.baseline.hazards, time), predictor);
}

// Calibrated predictor by each refit on patients drawn anew.
function resampledPredictors(data, z) {
  const { resampled } = data;
  if (resampled.coefficients) {
    return resampled.coefficients.map(([intercept, ...weights]) => (
      weights.reduce((sum, weight, gene) => sum + weight * z[gene], intercept)
    ));
  }
  return resampled.networks.map((networks, number) => {
    const [intercept, slope] = resampled.lines[number];
    return intercept + slope * scoreOf(networks, z);
  });
}

function resampledRisks(data, predictors, time = data.horizon) {
  if (data.kind === "binary") return predictors.map(expit);
  const { times, hazards } = data.resampled;
  return predictors.map((predictor, number) => (
    riskOfHazard(hazardBy(times, hazards[number], time), predictor)
  ));
}

// Risk at each time at which it rises, and its interval.
function curveOf(data, z) {
  const predictor = calibrated(data, scoreOf(data.learned, z));
  const predictors = resampledPredictors(data, z);
  const steps = [...data.baseline.times, ...data.resampled.times, data.horizon, data.lastTime];
  const times = [...new Set([0, ...steps])].filter((time) => time <= data.lastTime);
  return times.sort((a, b) => a - b).map((time) => {
    const [low, high] = intervalOf(resampledRisks(data, predictors, time));
    return { time, risk: riskOf(data, predictor, time), low, high };
  });
}

// Share of the training patients with a lower risk, between the percentiles that are kept.
function placeOf(risks, risk) {
  const last = risks.length - 1;
  const below = countUpTo(risks, risk);
  if (below === 0) return 0;
  if (below > last) return 1;
  const step = risks[below] - risks[below - 1];
  return (below - 1 + (risk - risks[below - 1]) / step) / last;
}
