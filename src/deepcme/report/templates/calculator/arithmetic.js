// From the values of one patient to what the model tells: doubles all the way, as `predict` does
// it. Nothing here knows of the page.

const INTERVAL_ENDS = [0.025, 0.975];
const GREATEST_LOG_HAZARD = 700; // beyond it a risk is 1

const clipped = (value, limit) => Math.min(limit, Math.max(-limit, value));
const expit = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const meanOf = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

// Quantiles of the risks by the refits, between two of them in proportion.
function intervalOf(risks) {
  const ordered = Float64Array.from(risks).sort();
  const last = ordered.length - 1;
  return INTERVAL_ENDS.map((share) => {
    const below = Math.floor(share * last);
    const weight = share * last - below;
    return ordered[below] * (1 - weight) + ordered[Math.min(below + 1, last)] * weight;
  });
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

// Values as the genes are standardised: logged where they are read as linear, less the reference
// genes.
function onScale(values, reference, isLinear) {
  const logged = (value) => (isLinear ? Math.log2(Math.max(value, 0) + 1) : value);
  const level = reference.length ? meanOf(reference.map(logged)) : 0;
  return values.map((value) => logged(value) - level);
}

// 0 of a gene without a value, or one that was constant in training.
const standardised = (gene, value, clip) => (
  gene.scale > 0 && !Number.isNaN(value) ? clipped((value - gene.mean) / gene.scale, clip) : 0
);

// What calibration makes of a score: log-odds, or a log hazard.
const calibrated = (data, score) => data.calibration.intercept + data.calibration.slope * score;

// Cumulative hazard by a time: that of the last step up to it.
function hazardBy(times, hazards, time) {
  const steps = countUpTo(times, time);
  return steps ? hazards[steps - 1] : 0;
}

const riskOfHazard = (hazard, logHazard) => (
  hazard === 0 ? 0 : 1 - Math.exp(-Math.exp(logHazard) * hazard)
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

// Cumulative baseline hazard by a time of each refit. Between the times that are kept it is the
// model's own times a ratio, which is interpolated and stays what it is beyond them.
function resampledHazards(data, time) {
  const { times, hazards } = data.resampled;
  const last = times.length - 1;
  const own = (at) => hazardBy(data.baseline.times, data.baseline.hazards, at);
  const reached = times.findIndex((one) => one >= time);
  const above = Math.min(Math.max(reached < 0 ? last : reached, 1), Math.max(last, 1));
  const ends = [Math.min(above - 1, last), Math.min(above, last)];
  const [low, high] = ends.map((place) => times[place]);
  const weight = high > low ? Math.min(Math.max((time - low) / (high - low), 0), 1) : 0;
  return hazards.map((of) => own(time) * (
    (of[ends[0]] / own(low)) * (1 - weight) + (of[ends[1]] / own(high)) * weight
  ));
}

function resampledRisks(data, predictors, time = data.horizon) {
  if (data.kind === "binary") return predictors.map(expit);
  const hazards = resampledHazards(data, time);
  return predictors.map((predictor, number) => (
    -Math.expm1(-Math.exp(Math.min(predictor, GREATEST_LOG_HAZARD)) * hazards[number])
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

// Share of the training patients with a lower risk, between two percentiles in proportion.
function placeOf(risks, risk) {
  const last = risks.length - 1;
  const above = risks.findIndex((one) => one >= risk);
  if (above === 0) return 0;
  if (above < 0) return 1;
  const [low, high] = [risks[above - 1], risks[above]];
  return (above - 1) / last + ((risk - low) / (high - low)) / last;
}
