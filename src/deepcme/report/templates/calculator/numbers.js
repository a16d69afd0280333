// Numbers as people and programs write them, read as `predict` reads them.

class ReadingError extends Error {}

const MISSING = new Set(["", "NA", "N/A", "NaN", "nan", "null", "NULL", "#N/A"]);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const WITH_COMMA = /^[+-]?\d*,\d+(e[+-]?\d+)?$/i;
const THOUSANDS = /^[+-]?[1-9]\d{0,2}(,\d{3})+$/;
const ONE_MARK = /^-?[1-9]\d{0,2}[.,]\d{3}$/;
const SMALL_WHOLE = /^-?[1-9]\d{0,2}$/;
const FEWEST_MARKED = 20;
const FEWEST_WHOLE = 5;
const NO_LOG = 100;

// The mark before the decimals of some cells, told by all of them.
function decimalMarkOf(cells) {
  const known = cells.map((cell) => cell.trim()).filter((cell) => !MISSING.has(cell));
  const commas = known.filter((cell) => WITH_COMMA.test(cell) || THOUSANDS.test(cell));
  const isComma = commas.length > 0 && !known.some((cell) => cell.includes("."));
  if (isComma && commas.every((cell) => THOUSANDS.test(cell))) {
    throw new ReadingError(
      `${commas[0]} may be ${commas[0].replaceAll(",", "")} or ${commas[0].replace(",", ".")}: `
      + "write numbers with a decimal point and nothing between thousands.",
    );
  }
  refuseMarkBetweenThousands(known, isComma ? "," : ".");
  return isComma ? "," : ".";
}

// A number such as 5.639 beside 262 has its mark between thousands, if others show it.
function refuseMarkBetweenThousands(known, mark) {
  const marked = known.filter((cell) => cell.includes(mark));
  if (!marked.length || !marked.every((cell) => ONE_MARK.test(cell))) return;
  const whole = known.filter((cell) => SMALL_WHOLE.test(cell)).map((cell) => Math.abs(cell));
  const enough = marked.length >= FEWEST_MARKED && whole.length >= FEWEST_WHOLE;
  if (enough || whole.some((number) => number >= NO_LOG)) {
    throw new ReadingError(
      `${marked[0]} beside plain whole numbers has a mark between thousands: write the numbers `
      + "without it.",
    );
  }
}

// A cell in single precision, as a table is read; NaN where it says that there is no value.
function numberIn(cell, mark = ".") {
  const text = cell.trim();
  if (MISSING.has(text)) return NaN;
  const plain = mark === "," && !text.includes(".") ? text.replace(",", ".") : text;
  if (!NUMBER.test(plain)) {
    const hint = "; write it with a decimal point, and nothing between thousands";
    throw new ReadingError(`${text} is not a number${text.includes(",") ? hint : ""}`);
  }
  const value = Math.fround(Number(plain));
  if (!Number.isFinite(value)) throw new ReadingError(`${text} is too large a number`);
  return value;
}

// A number of single precision in the fewest digits that are read as the same.
function plainNumber(value) {
  const written = [6, 7, 8, 9].map((digits) => Number(value.toPrecision(digits)));
  return String(written.find((one) => Math.fround(one) === value) ?? value);
}
