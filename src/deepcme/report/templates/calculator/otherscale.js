// Whether values are on another scale than they are read on, as `predict` judges each sample:
// by the likelihood of its genes, normal on the log scale as in training, under both readings.

function findOtherScale(data, values, reference) {
  const { evidence: enough, independent, fits, mostNegative, words } = data.otherScale;
  const [asLinear, asLogs] = [true, false].map((isLinear) => (
    deviationsOf(data, onScale(values, reference, isLinear))
  ));
  const places = data.genes.map((_, gene) => gene);
  const known = places.filter((gene) => (
    !Number.isNaN(asLinear[gene]) && data.genes[gene].scale > 0
  ));
  const number = Math.max(known.length, 1);
  const negative = places.filter((gene) => values[gene] < 0);
  for (const gene of negative) asLinear[gene] = data.clip;
  if (data.log2 && negative.length > mostNegative * number) return words.relative;
  // A 0 is 0 on both.
  const ratios = known.filter((gene) => values[gene] !== 0).map((gene) => (
    0.5 * (asLogs[gene] ** 2 - asLinear[gene] ** 2)
    - Math.log((Math.max(values[gene], 0) + 1) * Math.LN2)
  ));
  const evidence = ratios.length ? meanOf(ratios) * Math.min(ratios.length, independent) : 0;
  const other = data.log2 ? asLogs : asLinear;
  const squares = known.reduce((sum, gene) => sum + other[gene] ** 2, 0);
  const isOther = (data.log2 ? -evidence : evidence) >= enough && squares <= fits ** 2 * number;
  return isOther ? words.other : "";
}

// Standardised values; NaN of a gene without one.
function deviationsOf(data, scaled) {
  return scaled.map((value, gene) => (
    Number.isNaN(value) ? NaN : standardised(data.genes[gene], value, data.clip)
  ));
}
