// The models that the service has, one of them chosen.
let models = [];
let limits = {};

const chosen = () => models[Number(document.querySelector("#models :checked")?.value ?? -1)];

async function listModels() {
  const listed = await (await ask("/v1/models")).json();
  const before = chosen()?.name;
  models = listed.models;
  limits = listed.limits ?? {};
  byId("models").replaceChildren(...models.map(showModel));
  const place = Math.max(models.findIndex((model) => model.name === before), 0);
  const choice = byId(`model-${place}`);
  if (choice) choice.checked = true;
}

function showModel(model, place) {
  const genes = model.genes
    ? [make("details", {},
      make("summary", {}, `${counted(model.n_genes, "gene")}, a panel`),
      [...model.genes, ...(model.reference_genes ?? []).map((gene) => `${gene} (reference)`)].join(", "))]
    : [counted(model.n_genes, "gene")];
  return make("div", { class: "model" },
    make("input", { type: "radio", name: "model", id: `model-${place}`, value: place }),
    make("label", { for: `model-${place}` }, model.name),
    make("dl", {}, ...makeTerms([
      ["Version", `${model.version}${model.date ? `, ${model.date}` : ""}`],
      ["Kind", model.model],
      ["Endpoint", model.endpoint],
      ["Learned from", `${counted(model.patients, "patient")} of ${model.cohort}`],
      ["Expected", model.expected],
    ]), make("dt", {}, "Genes"), make("dd", {}, ...genes),
    make("dt", {}, "SHA-256"), make("dd", {}, make("code", { title: model.sha256 }, `${model.sha256.slice(0, 12)}…`))),
    make("p", {}, linkToCard(model)));
}

// A link cannot send a token: where one is demanded, the card comes as a file, which opens offline.
function linkToCard(model) {
  const path = `/v1/models/${encodeURIComponent(model.name)}/card`;
  const about = model.panel ? ", with a calculator that works offline" : "";
  if (!token) return make("a", { href: path, target: "_blank", rel: "noopener" }, `Card of the model${about}`);
  const button = make("button", { type: "button" }, `Save the card of the model${about}`);
  button.setAttribute("aria-label", `Save the card of ${model.name}${about}`);
  button.addEventListener("click", async () => {
    tell("card-problem", "");
    try {
      const answer = await ask(path, { accept: "text/html" });
      saveAs(await answer.blob(), `${fileName(model.name)}-card.html`);
    } catch (problem) {
      tell("card-problem", problem.message);
    }
  });
  return button;
}

const fileName = (name) => name.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+|[-.]+$/g, "") || "model";
