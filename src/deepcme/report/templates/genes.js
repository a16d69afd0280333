// The table of genes: searched by symbol or id, sorted by any heading.
const table = document.getElementById("gene-table");
if (table) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const count = document.getElementById("gene-count");
  const among = Number(table.dataset.genes) > rows.length
    ? ` among the first ${rows.length}; all genes are in tables/genes.csv` : "";
  const named = rows.map((row) => [1, 2].map((place) => row.cells[place])
    .filter((cell) => cell && cell.classList.contains("text"))
    .map((cell) => cell.textContent.toLowerCase()).join(" "));
  document.getElementById("gene-search").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    let found = 0;
    rows.forEach((row, place) => {
      row.hidden = !named[place].includes(wanted);
      found += row.hidden ? 0 : 1;
    });
    count.textContent = wanted ? `${found} found${among}` : "";
  });
  const valueOf = (row, column) => {
    const { value } = row.cells[column].dataset;
    if (value === undefined) return row.cells[column].textContent.toLowerCase();
    return value === "" ? null : Number(value);
  };
  // What has no value comes last, whichever way the others are sorted.
  const compare = (a, b, sign) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (a < b ? -1 : a > b ? 1 : 0);
  };
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      const other = now === "ascending" ? "descending" : "ascending";
      for (const one of heads) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", now ? other : head.dataset.first);
      const sign = head.getAttribute("aria-sort") === "ascending" ? 1 : -1;
      const values = new Map(rows.map((row) => [row, valueOf(row, column)]));
      body.append(...[...rows].sort((a, b) => compare(values.get(a), values.get(b), sign)));
    });
  });
}
