// Tables as CSV and charts as SVG and PNG, made of what is in the page.
const scale = 3; // pixels of a PNG for one of the chart

const makers = {
  // The very bytes of tables/NAME.csv.
  async csv(name) {
    const packed = atob(document.getElementById(`csv-${name}`).textContent);
    const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
    const text = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Blob([await new Response(text).arrayBuffer()], { type: "text/csv" });
  },
  // Charts are drawn in light colours on white; style makes the page's own dark.
  async svg(name) {
    const svg = await (await viewOf(name)).toSVG();
    return new Blob([svg], { type: "image/svg+xml" });
  },
  async png(name) {
    const canvas = await (await viewOf(name)).toCanvas(scale);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  },
};

function viewOf(name) {
  return document.querySelector(`[data-chart="${CSS.escape(name)}"]`).drawing.fit();
}

for (const button of document.querySelectorAll("[data-download]")) {
  button.closest(".downloads").hidden = false;
  button.addEventListener("click", async () => {
    const { download: kind, name } = button.dataset;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await makers[kind](name));
    link.download = `${document.body.dataset.files}${name}.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  });
}
