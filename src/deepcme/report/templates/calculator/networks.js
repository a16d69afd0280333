// What was learned, linear or networks: the score of standardised values, and the genes' shares.

const STEPS = 32; // points of the path of integrated gradients

const rectified = (row) => row.map((value) => Math.max(value, 0));

// Row times matrix, which has a row for each input.
function product(row, matrix) {
  const sums = new Array(matrix[0].length).fill(0);
  row.forEach((value, input) => {
    if (value === 0) return;
    const weights = matrix[input];
    for (let unit = 0; unit < sums.length; unit += 1) sums[unit] += value * weights[unit];
  });
  return sums;
}

const dot = (a, b) => a.reduce((sum, value, place) => sum + value * b[place], 0);

// Outputs before the rectifier, of the product with the weights.
function normalised(layer, products) {
  return layer.bias
    ? products.map((value, unit) => value + layer.bias[unit])
    : products.map((value, unit) => (
      (value - layer.mean[unit]) * layer.slope[unit] + layer.shift[unit]
    ));
}

const slopeOf = (layer, unit) => (layer.bias ? 1 : layer.slope[unit]);

// Logit from the first layer's outputs before the rectifier.
function logitAbove(network, activation) {
  let hidden = rectified(activation);
  for (const layer of network.layers.slice(1)) {
    hidden = rectified(normalised(layer, product(hidden, layer.weight)));
  }
  return dot(hidden, network.output) + (network.bias ?? 0);
}

const logitOf = (network, z) => (
  logitAbove(network, normalised(network.layers[0], product(z, network.layers[0].weight)))
);

const EDGE = Number.EPSILON;
function logOdds(probability) {
  const inside = Math.min(1 - EDGE, Math.max(EDGE, probability));
  return Math.log(inside / (1 - inside));
}

const isOne = (networks) => networks.length === 1 && networks[0].length === 1;

// What each network says: log-odds, or log hazards against those of its own training patients.
function scoresByNetwork({ networks, centres }, z) {
  const logits = networks.map((snapshots) => snapshots.map((network) => logitOf(network, z)));
  if (centres) return logits.map((of, number) => meanOf(of) - centres[number]);
  if (isOne(networks)) return [logits[0][0]];
  return logits.map((of) => logOdds(meanOf(of.map(expit))));
}

function scoreOf(learned, z) {
  if (learned.coefficients) return dot(learned.coefficients, z) + learned.intercept;
  const scores = scoresByNetwork(learned, z);
  if (scores.length === 1 || learned.centres) return meanOf(scores);
  return logOdds(meanOf(scores.map(expit)));
}

// Each gene's share in the score: coefficient times value, or integrated gradients.
function sharesOf(learned, z) {
  if (learned.coefficients) return learned.coefficients.map((weight, gene) => weight * z[gene]);
  const { networks, centres } = learned;
  const points = Array.from({ length: STEPS }, (_, step) => (step + 0.5) / STEPS);
  const paths = networks.flatMap((snapshots) => snapshots.map((network) => (
    pathOf(network, z, points, 1 / (networks.length * snapshots.length))
  )));
  const shares = z.map(() => 0);
  // Of several networks of log-odds, those of the mean probability are shared out.
  const ofMean = !centres && !isOne(networks);
  const slopes = points.map((_, step) => {
    if (!ofMean) return null;
    const mean = paths.reduce((sum, path) => sum + path.share * expit(path.logits[step]), 0);
    return 1 / Math.max(mean * (1 - mean), 2.2250738585072014e-308);
  });
  for (const { network, share, logits, gradients } of paths) {
    const sum = gradients[0].map(() => 0);
    gradients.forEach((gradient, step) => {
      const probability = expit(logits[step]);
      const slope = ofMean
        ? slopes[step] * share * probability * (1 - expit(logits[step])) : share;
      gradient.forEach((value, unit) => { sum[unit] += (slope * value) / points.length; });
    });
    network.layers[0].weight.forEach((weights, gene) => {
      shares[gene] += z[gene] * dot(weights, sum);
    });
  }
  return shares;
}

// Logit and gradient by the first layer's product, on the way from the training mean to z.
function pathOf(network, z, points, share) {
  const first = network.layers[0];
  const whole = product(z, first.weight);
  const steps = points.map((point) => (
    gradientAt(network, normalised(first, whole.map((value) => point * value)))
  ));
  return {
    network,
    share,
    logits: steps.map((step) => step.logit),
    gradients: steps.map((step) => step.gradient.map((value, unit) => (
      value * slopeOf(first, unit)
    ))),
  };
}

function gradientAt(network, activation) {
  const above = network.layers.slice(1);
  const activations = [activation];
  for (const layer of above) {
    activations.push(normalised(layer, product(rectified(activations.at(-1)), layer.weight)));
  }
  const logit = dot(rectified(activations.at(-1)), network.output) + (network.bias ?? 0);
  const passed = (values, below) => values.map((value, unit) => (below[unit] > 0 ? value : 0));
  let gradient = passed(network.output, activations.at(-1));
  for (let depth = above.length - 1; depth >= 0; depth -= 1) {
    const layer = above[depth];
    const scaled = gradient.map((value, unit) => value * slopeOf(layer, unit));
    gradient = passed(layer.weight.map((weights) => dot(weights, scaled)), activations[depth]);
  }
  return { logit, gradient };
}
