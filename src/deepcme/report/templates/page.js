// On a narrow screen legends go below, and a chart that is too wide gets narrower.
const narrow = window.matchMedia("(max-width: 40rem)").matches;
const config = narrow ? { legend: { orient: "bottom", columns: 2 } } : {};
// The page's policy lets no text become code, so expressions are interpreted, and no style be added.
const safely = { ast: true, defaultStyle: false, tooltip: { disableDefaultStyle: true } };
async function draw(element) {
  const target = document.getElementById("chart-" + element.id.slice("spec-".length));
  const options = { ...safely, actions: false, renderer: "svg", config };
  const spec = JSON.parse(element.textContent);
  // Panels that stand beside each other go below each other.
  if (narrow && spec.concat) spec.columns = 1;
  const { view } = await vegaEmbed(target, spec, options);
  const frame = target.parentElement;
  // A narrower chart lays its labels out anew, which may take some of the width again.
  for (let round = 0; round < 3; round++) {
    const excess = frame.scrollWidth - frame.clientWidth;
    if (excess <= 0) break;
    await view.width(Math.max(view.width() - excess, 200)).runAsync();
  }
  // Charts of several panels, or with words beside them, have no one width: they shrink whole.
  const excess = frame.scrollWidth - frame.clientWidth;
  const drawn = target.querySelector("svg");
  if (narrow && excess > 0 && drawn) {
    const share = 1 - excess / frame.scrollWidth;
    for (const side of ["width", "height"]) drawn.setAttribute(side, share * drawn.getAttribute(side));
  }
}
for (const element of document.querySelectorAll('script[id^="spec-"]')) draw(element);
const table = document.getElementById("gene-table");
if (table) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const count = document.getElementById("gene-count");
  const among = Number(table.dataset.genes) > rows.length
    ? ` among the first ${rows.length}; all genes are in gene_scores.csv`
    : "";
  document.getElementById("gene-search").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const text = row.cells[1].textContent + " " + row.cells[2].textContent;
      row.hidden = !text.toLowerCase().includes(wanted);
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = wanted ? `${shown} found${among}` : "";
  });
  const value = (row, column) => {
    const cell = row.cells[column];
    return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent.toLowerCase();
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const ascending = head.getAttribute("aria-sort") === "descending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      const sign = ascending ? 1 : -1;
      rows.sort((a, b) => {
        const [x, y] = [value(a, column), value(b, column)];
        return sign * (x < y ? -1 : x > y ? 1 : 0);
      });
      body.append(...rows);
    });
  });
}
