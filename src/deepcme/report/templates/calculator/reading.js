// Tables of samples and genes, either way round, and what is pasted of one patient.

const TRIED_LINES = 200;
const TRIED_ROWS = 12;
const PASTED = "pasted values";
const OF_GENES = new RegExp(`^(${[
  "(gene|transcript|exon|effective)?length", "width", "(gene)?(description|definition)",
  "chr(om(osome)?)?(name)?", "(gene|transcript)?(start|end)(bp)?", "strand", "band", "cytoband",
  "locus", "(gene|hgnc|hugo|hugogene|approved)?symbols?", "(external)?genename", "hgncid",
  "(gene)?biotypes?", "(gene|transcript)(type|id)", "ncbigene.*", "(genbank)?accession",
  "(refseq|uniprot)(id)?", "probe(set)?(id|name)?", "(entrez|ensembl).*", "mean", "median",
].join("|")})([xy]|\\d)?$`);

const OF_IDS = new RegExp(`^(${[
  "ids?", "samples?(id|name|barcode)?", "genes?(id)?", "(feature|probe)(id)?", "(row)?names?",
  "rowid",
].join("|")})$`);
const WITH_POINT = /^-?\d*\.\d+$/;

const plainName = (name) => name.replace(/[^\p{L}\p{N}]+/gu, "").toLowerCase();

// What all spellings of an identifier have in common: no version of an Ensembl id, no case.
const geneKey = (name) => (
  name.trim().toLowerCase().replace(/^(ensg\d{11})(\.\d+)?(_par_y)?$/, "$1$3")
);

// The keys under which a name in a table is looked up: TP53|7157 and ENSG00000141510|TP53 name a
// gene twice.
function keysOf(name) {
  const parts = /^[^|]+[|](\d+|ENSG[\d.]+)$|^ENSG[\d.]+[|_:](?!PAR_Y)[^|]+$/i.test(name.trim())
    ? name.split(/[|]|(?<=^ENSG[\d.]+)[_:]/i) : [name];
  return parts.map(geneKey).filter(Boolean);
}

// Finds the genes of a model among names, each by any identifier, as `predict` does.
class Finder {
  constructor(data) {
    this.lists = [data.genes, data.reference].map((genes) => (
      genes.map((gene) => gene.names.map(geneKey))
    ));
    this.known = new Set(this.lists.flat(2).filter(Boolean));
  }

  knows(name) {
    return keysOf(name).some((key) => this.known.has(key));
  }

  // Places of each gene among the names, of each reference gene too.
  places(names) {
    const placesOf = new Map();
    names.forEach((name, place) => {
      for (const key of keysOf(name)) {
        if (this.known.has(key)) placesOf.set(key, [...(placesOf.get(key) ?? []), place]);
      }
    });
    return this.lists.map((genes) => genes.map((keys) => {
      const key = keys.find((one) => placesOf.has(one));
      return key === undefined ? [] : placesOf.get(key);
    }));
  }
}

function cellsOf(line, separator) {
  if (separator === " ") return line.trim().split(/\s+/);
  if (!line.includes('"')) return line.split(separator).map((cell) => cell.trim());
  const cells = [];
  let [cell, isQuoted, isOpen] = ["", false, false];
  for (let place = 0; place < line.length; place += 1) {
    const letter = line[place];
    if (isOpen && letter === '"' && line[place + 1] === '"') {
      cell += '"';
      place += 1;
    } else if (letter === '"' && (isOpen || (!isQuoted && !cell.trim()))) {
      if (!isOpen) cell = "";
      isOpen = !isOpen;
      isQuoted = true;
    } else if (letter === separator && !isOpen) {
      cells.push(cell.trim());
      [cell, isQuoted] = ["", false];
    } else {
      cell += letter;
    }
  }
  if (isOpen) throw new ReadingError("a quote opens a cell that runs over the end of its line");
  return [...cells, cell.trim()];
}

// Lines with something in them, with their numbers; neither comments nor the line that names the
// separator.
function linesOf(text) {
  return text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/)
    .map((line, place) => ({ line, number: place + 1 }))
    .filter(({ line }) => (
      /[^\s,;"]/.test(line) && !line.startsWith("#") && !/^"?sep=."?$/i.test(line.trim())
    ));
}

// The separator by which most genes are found, and then the rows agree about their width.
function separatorOf(lines, finder, separators) {
  const fitOf = (separator) => {
    let rows;
    try {
      rows = lines.slice(0, TRIED_LINES).map(({ line }) => cellsOf(line, separator));
    } catch {
      return [-1, -1];
    }
    const found = rows.filter((cells) => cells.length > 1 && finder.knows(cells[0])).length
      + (rows[0].length > 1 ? rows[0].filter((cell) => finder.knows(cell)).length : 0);
    const widths = rows.slice(0, TRIED_ROWS).map((cells) => cells.length);
    const usual = [...widths].sort((a, b) => a - b)[widths.length >> 1];
    const agreed = widths.filter((width) => width === usual || width === usual - 1);
    return [found, agreed.reduce((sum, width) => sum + width - 1, 0)];
  };
  return [...separators].map((separator) => ({ separator, fit: fitOf(separator) }))
    .reduce((best, one) => (
      one.fit[0] > best.fit[0] || (one.fit[0] === best.fit[0] && one.fit[1] > best.fit[1])
        ? one : best
    )).separator;
}

const withoutEmptyEnd = (cells) => {
  const last = cells.findLastIndex((cell) => cell !== "");
  return cells.slice(0, last + 1);
};

const firstCellOf = (line, separator) => (
  line.includes('"') ? cellsOf(line, separator)[0] : line.split(separator, 1)[0].trim()
);

function cellsAt({ line, number }, separator) {
  try {
    return cellsOf(line, separator);
  } catch (error) {
    if (!(error instanceof ReadingError)) throw error;
    throw new ReadingError(`line ${number}: ${error.message}: close the quote, or take it out.`);
  }
}

// The header, and the lines below it; a title above it is passed over.
function headerOf(lines, separator) {
  const rows = lines.slice(0, TRIED_ROWS).map((line) => cellsAt(line, separator));
  const filled = (cells) => cells.filter(Boolean).length;
  let first = 0;
  while (first + 2 < rows.length && filled(rows[first]) === 1 && rows[first + 1].length > 2) {
    first += 1;
  }
  const [names, ...below] = rows.slice(first);
  const header = withoutEmptyEnd(names);
  const isOfR = below.length > 0 && below.every((cells) => cells.length === header.length + 1)
    && below.some((cells) => cells.at(-1) !== "")
    && areRowNames(header, below.map((cells) => cells[0]));
  return { header: isOfR ? ["", ...header] : header, lines: lines.slice(first + 1) };
}

// Whether the first cells are ids for which the header, as R's, has no name. A header that begins
// with a name for ids lost another cell, unless the rows are numbered.
function areRowNames(header, ids) {
  if ([OF_IDS, OF_GENES].some((names) => names.test(plainName(header[0])))) {
    return ids.every((id, place) => id === String(place + 1));
  }
  return ids.every((id) => id && !WITH_POINT.test(id)) && new Set(ids).size === ids.length;
}

// The cells of a row, as many as the header has.
function rowOf(line, separator, width) {
  const cells = cellsAt(line, separator);
  if (withoutEmptyEnd(cells).length > width || cells.length < width) {
    throw new ReadingError(
      `line ${line.number} has ${cells.length} cells and the header ${width}: give every row as `
      + "many.",
    );
  }
  return cells;
}

// Samples of a table, each with a value of each gene; of several columns of a gene the highest.
function readTable(data, finder, allLines, separator) {
  const { header, lines } = headerOf(allLines, separator);
  if (header.length < 2 || !lines.length) {
    throw new ReadingError(
      "there is no table in it: give a line of names, and one for each sample or each gene.",
    );
  }
  const columns = header.slice(1);
  const isKnown = (name) => finder.knows(name);
  const ofGenes = lines.filter(({ line }) => isKnown(firstCellOf(line, separator)));
  const inColumns = columns.filter(isKnown).length;
  if (inColumns + ofGenes.length === 0) {
    const few = data.genes.slice(0, 3).map((gene) => gene.label).join(", ");
    throw new ReadingError(
      `none of the model's ${data.genes.length} genes is in it (they are ${few} ...): give `
      + "symbols, Ensembl ids or Entrez ids.",
    );
  }
  const read = (line) => rowOf(line, separator, header.length);
  if (inColumns < ofGenes.length) return takeColumns(data, finder, columns, ofGenes.map(read));
  const places = header.map((_, place) => place).filter((place) => place && isKnown(header[place]));
  const rows = lines.map((line) => {
    const cells = read(line);
    return [cells[0], ...places.map((place) => cells[place])];
  });
  const names = places.map((place) => header[place]);
  const samples = rows.map((cells) => cells[0]);
  return takeSamples(finder, names, samples, (sample, gene) => rows[sample][gene + 1]);
}

function takeColumns(data, finder, columns, rows) {
  const samples = columns.map((name, place) => ({ name, place: place + 1 }))
    .filter(({ name }) => !OF_GENES.test(plainName(name)));
  const read = takeSamples(
    finder,
    rows.map((cells) => cells[0]),
    samples.map(({ name }) => name),
    (sample, gene) => rows[gene][samples[sample].place],
  );
  const others = columns.length - samples.length;
  if (others) {
    const what = others === 1 ? "1 column that tells" : `${others} columns that tell`;
    read.notes.push(`${what} of genes and not of a sample left out.`);
  }
  return read;
}

function takeSamples(finder, names, samples, cellAt) {
  const places = finder.places(names);
  requireOwnNames(samples);
  const used = [...new Set(places.flat(2))];
  const cells = samples.flatMap((_, sample) => used.map((gene) => cellAt(sample, gene)));
  const mark = decimalMarkOf(cells);
  const valueAt = (sample, gene) => {
    try {
      return numberIn(cellAt(sample, gene), mark);
    } catch (error) {
      throw new ReadingError(`sample ${samples[sample]}, gene ${names[gene]}: ${error.message}.`);
    }
  };
  const highest = (sample, of) => of.reduce((most, gene) => {
    const value = valueAt(sample, gene);
    return most > value || Number.isNaN(value) ? most : value;
  }, NaN);
  const notes = [];
  if (mark === ",") notes.push("Commas were read as decimal points.");
  if (places.flat().some((of) => of.length > 1)) {
    notes.push("Some genes stand there several times: of each sample the highest value was taken.");
  }
  return {
    samples: samples.map((name, sample) => {
      const [values, reference] = places.map((genes) => genes.map((of) => highest(sample, of)));
      return { name, values, reference };
    }),
    notes,
  };
}

function requireOwnNames(samples) {
  const seen = new Set();
  samples.forEach((name, place) => {
    if (!name) throw new ReadingError(`sample ${place + 1} has no name: give every sample one.`);
    if (seen.has(name)) {
      throw new ReadingError(`sample ${name} occurs twice: give every sample its own name.`);
    }
    seen.add(name);
  });
}

// A file of many.
function readMany(data, text) {
  const finder = new Finder(data);
  const lines = linesOf(text);
  if (!lines.length) throw new ReadingError("it is empty.");
  return readTable(data, finder, lines, separatorOf(lines, finder, "\t;,"));
}

// What is pasted: a table; or a line of names and one of values; or a gene and its value a line.
function readPasted(data, text) {
  const finder = new Finder(data);
  let lines = linesOf(text);
  if (!lines.length) throw new ReadingError("it is empty.");
  let separator = separatorOf(lines, finder, "\t;, ");
  if (separator === " ") {
    separator = "\t";
    lines = lines.map(({ line, number }) => ({ line: cellsOf(line, " ").join("\t"), number }));
  }
  const rows = lines.slice(0, TRIED_LINES).map((line) => cellsAt(line, separator));
  const isValue = (cell = "a") => (
    NUMBER.test(cell) || WITH_COMMA.test(cell) || MISSING.has(cell)
  );
  const startsWithGene = rows[0].length > 1 && finder.knows(rows[0][0]);
  if (startsWithGene && rows.every((cells) => cells.length === 2) && isValue(rows[0][1])) {
    lines.unshift({ line: `${separator}${PASTED}`, number: 0 });
  } else if (startsWithGene && rows.length === 2 && rows[1].every(isValue)) {
    lines[0].line = separator + lines[0].line;
    lines[1].line = PASTED + separator + lines[1].line;
  }
  return readTable(data, finder, lines, separator);
}

// The text of a file, whichever way it is encoded.
async function textOf(file) {
  let bytes = new Uint8Array(await file.arrayBuffer());
  const startsWith = (...start) => start.every((byte, place) => bytes[place] === byte);
  if (startsWith(0x1f, 0x8b)) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    try {
      bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    } catch {
      throw new ReadingError("it is damaged or cut short.");
    }
  }
  if (startsWith(0x50, 0x4b)) throw new ReadingError("it is a workbook: save the sheet as CSV.");
  if (startsWith(0x50, 0x41, 0x52, 0x31) || startsWith(0x89, 0x48, 0x44, 0x46)) {
    throw new ReadingError("it is no table of text: give a CSV, or use deepcme predict.");
  }
  if (startsWith(0xff, 0xfe)) return new TextDecoder("utf-16le").decode(bytes);
  if (startsWith(0xfe, 0xff)) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
