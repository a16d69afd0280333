// Values as they are typed, pasted or dropped, and what is sent of them.
const MISSING = /^(|na|n\/a|nan|none|null|\?|-|–)$/i;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const TYPES = { csv: "text/csv", parquet: "application/vnd.apache.parquet" };
const FIELDS_AT_MOST = 200;

// The value, null of one that is missing; a text that is neither is said.
function readValue(text, of) {
  const trimmed = text.trim().replace("\u2212", "-");
  if (MISSING.test(trimmed)) return null;
  if (NUMBER.test(trimmed) && Number.isFinite(Number(trimmed))) return Number(trimmed);
  const hint = /^[+-]?\d+,\d+$/.test(trimmed) ? ": write a point for the comma" : ": write one such as 8.1, or nothing";
  throw new Problem(`${of}: “${trimmed}” is no number${hint}.`);
}

// [gene, text] of each line; the headings of a spreadsheet's two columns may come first.
function readLines(text) {
  const lines = text.split(/\r\n|\r|\n/).map((line, place) => [line.trim(), place + 1]).filter(([line]) => line);
  const pairs = lines.map(([line, number]) => {
    const cells = line.split(line.includes("\t") ? /\t/ : /[\s;=:]+/).map((cell) => cell.trim());
    if (cells.length > 2 || !cells[0]) throw new Problem(`Line ${number}: write a gene and its value, such as ESR1 8.1.`);
    return [cells[0], cells[1] ?? ""];
  });
  const heads = pairs.length > 1 && /^(gene|symbol|id|name|ensembl|entrez)/i.test(pairs[0][0]) && !NUMBER.test(pairs[0][1]) && !MISSING.test(pairs[0][1]);
  const genes = heads ? pairs.slice(1) : pairs;
  const seen = new Set();
  for (const [gene] of genes) {
    if (seen.has(gene)) throw new Problem(`${gene} has two values: leave one.`);
    seen.add(gene);
  }
  return genes;
}

const genesAsked = (model) => [...(model.genes ?? []), ...(model.reference_genes ?? [])];
const hasFields = (model) => Boolean(model.genes) && genesAsked(model).length <= FIELDS_AT_MOST;

function makeFields(model) {
  byId("fields-part").hidden = !hasFields(model);
  byId("pasted-part").hidden = hasFields(model);
  const fields = hasFields(model) ? genesAsked(model).map((gene, place) => {
    const reference = place >= model.genes.length ? " (reference)" : "";
    return make("div", {},
      make("label", { for: `gene-${place}` }, `${gene}${reference}`),
      make("input", { id: `gene-${place}`, type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", "data-gene": gene }));
  }) : [];
  byId("fields").replaceChildren(...fields);
}

// Lines that are pasted into a field go to the fields of their genes.
function fillFields(text) {
  const fields = new Map([...document.querySelectorAll("[data-gene]")].map((field) => [field.dataset.gene.toUpperCase(), field]));
  const others = [];
  for (const [gene, value] of readLines(text)) {
    const field = fields.get(gene.toUpperCase());
    if (field) field.value = value;
    else others.push(gene);
  }
  if (others.length) {
    const named = others.slice(0, 5).join(", ");
    throw new Problem(`Not of this model, and left out: ${named}${others.length > 5 ? ` and ${others.length - 5} more` : ""}.`);
  }
}

function readPatient(model) {
  // Whatever a gene is called, it is no property that objects have already.
  const values = Object.create(null);
  let texts;
  if (hasFields(model)) {
    texts = [...document.querySelectorAll("[data-gene]")].map((field) => [field.dataset.gene, field.value, field]);
  } else {
    texts = readLines(byId("pasted").value);
  }
  for (const [gene, text, field] of texts) {
    field?.removeAttribute("aria-invalid");
    try {
      values[gene] = readValue(text, gene);
    } catch (problem) {
      field?.setAttribute("aria-invalid", "true");
      field?.focus();
      throw problem;
    }
  }
  if (Object.values(values).every((value) => value === null)) throw new Problem("No gene has a value yet.");
  const body = { samples: [{ sample: byId("sample").value.trim() || "patient", values }], ...readOptions(model) };
  return { body: JSON.stringify(body), type: "application/json", path: pathOf(model), of: "one patient" };
}

function readOptions(model) {
  const options = {};
  if (byId("scale").value) options.scale = byId("scale").value;
  if (!model.panel && byId("normalise").value) options.normalise = byId("normalise").value;
  const times = model.times ? byId("times").value.split(/[\s,;]+/).filter(Boolean) : [];
  if (times.length) options.times = times.map((time) => readValue(time, "Further times"));
  return options;
}

const pathOf = (model) => `/v1/models/${encodeURIComponent(model.name)}/predictions`;

function readFile(model) {
  const file = byId("file").files[0];
  if (!file) throw new Problem("Choose a file first, or drop one.");
  const type = TYPES[file.name.split(".").pop().toLowerCase()];
  if (!type) throw new Problem(`${file.name} is no .csv or .parquet file: save the table as one of these.`);
  if (limits.bytes && file.size > limits.bytes) {
    throw new Problem(`${file.name} has ${showBytes(file.size)}; the service takes up to ${showBytes(limits.bytes)} at once. Divide it by patients, or save it as Parquet.`);
  }
  const options = new URLSearchParams(Object.entries(readOptions(model)).map(([name, value]) => [name, String(value)]));
  const query = options.size ? `?${options}` : "";
  return { body: file, type, path: `${pathOf(model)}${query}`, of: `${file.name} (${showBytes(file.size)})` };
}
