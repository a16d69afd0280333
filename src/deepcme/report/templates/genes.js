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
