// The page: the token first where one is demanded, then a model, values and results.
let working = null;

async function open() {
  try {
    await listModels();
  } catch (problem) {
    if (problem.status !== 401) {
      byId("opening").textContent = problem.message;
      return;
    }
    askForToken(token ? problem.message : "");
    return;
  }
  tell("token-error", "");
  byId("token").value = "";
  byId("token-part").hidden = byId("opening").hidden = true;
  byId("asking").hidden = false;
  useModel();
}

function askForToken(problem) {
  token = "";
  byId("opening").hidden = true;
  byId("asking").hidden = true;
  byId("token-part").hidden = false;
  tell("token-error", problem);
  byId("token").focus();
  byId("token").select();
}

function useModel() {
  const model = chosen();
  if (!model) {
    tell("problem", "The service has no model.");
    return;
  }
  makeFields(model);
  const reference = model.reference_genes?.length ? " From each sample the mean of the reference genes is taken off." : "";
  byId("scale-note").textContent = `${model.name} takes values of the scale “${model.scale}”.${reference} Results of other scales or platforms are not to be relied on.`;
  byId("normalise-part").hidden = model.panel;
  byId("times-part").hidden = !model.times;
  if (model.times) byId("times-note").textContent = `In ${model.times.unit}, such as 1, 3; by ${model.times.horizon} it is told anyway.`;
  const most = [limits.bytes && showBytes(limits.bytes), limits.samples && counted(limits.samples, "sample")].filter(Boolean);
  byId("file-note").textContent = `Genes as Ensembl ids, symbols or Entrez ids.${most.length ? ` Up to ${most.join(" and ")} at once.` : ""}`;
}

async function predict(event, read) {
  event.preventDefault();
  if (working) return;
  tell("problem", "");
  byId("results").hidden = true;
  const model = chosen();
  const start = Date.now();
  let ticking = 0;
  try {
    const request = read(model);
    working = new AbortController();
    setWorking(true);
    const tick = () => {
      const seconds = Math.round((Date.now() - start) / 1000);
      byId("progress").textContent = `Predicting ${request.of} …${seconds > 1 ? ` ${seconds} seconds` : ""}`;
    };
    tick();
    ticking = setInterval(tick, 2000);
    const answer = await (await ask(request.path, { ...request, signal: working.signal })).json();
    showResults(request, answer, await knownAs(answer.model, model));
  } catch (problem) {
    if (problem.status === 401) askForToken(problem.message);
    else tell("problem", problem.message);
  } finally {
    clearInterval(ticking);
    working = null;
    setWorking(false);
  }
}

// The model that answered: another than was listed, where it was replaced meanwhile.
async function knownAs(answered, model) {
  if (answered.sha256 === model.sha256) return model;
  await listModels();
  useModel();
  tell("problem", `${model.name} was replaced since it was listed: the results are of the new one. Look at its scale and genes again.`);
  return models.find(({ name }) => name === answered.name) ?? model;
}

function setWorking(isWorking) {
  byId("cancel").hidden = !isWorking;
  if (!isWorking) byId("progress").textContent = "";
  for (const button of document.querySelectorAll("form button.main")) button.disabled = isWorking;
}

function setWay(isFile) {
  byId("one-part").hidden = isFile;
  byId("file-part").hidden = !isFile;
  byId("one-way").setAttribute("aria-pressed", String(!isFile));
  byId("file-way").setAttribute("aria-pressed", String(isFile));
}

byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  token = byId("token").value.trim();
  if (/^[\x21-\x7e]+$/.test(token)) open();
  else askForToken("A token has only letters, digits and signs of English keyboards, and no spaces.");
});
byId("models").addEventListener("change", () => {
  tell("problem", "");
  byId("results").hidden = true;
  useModel();
});
byId("one-way").addEventListener("click", () => setWay(false));
byId("file-way").addEventListener("click", () => setWay(true));
byId("one-part").addEventListener("submit", (event) => predict(event, readPatient));
byId("file-part").addEventListener("submit", (event) => predict(event, readFile));
byId("cancel").addEventListener("click", () => working?.abort());
byId("save").addEventListener("click", saveResults);
byId("empty").addEventListener("click", () => {
  for (const field of document.querySelectorAll("[data-gene], #pasted")) field.value = "";
  tell("problem", "");
});
byId("fields").addEventListener("paste", (event) => {
  const text = event.clipboardData.getData("text");
  if (!/[\t\n\r]/.test(text.trim())) return;
  event.preventDefault();
  try {
    fillFields(text);
    tell("problem", "");
  } catch (problem) {
    tell("problem", problem.message);
  }
});
// A file that misses its place must not replace the page.
for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
byId("drop").addEventListener("dragover", () => byId("drop").classList.add("over"));
byId("drop").addEventListener("dragleave", () => byId("drop").classList.remove("over"));
byId("drop").addEventListener("drop", (event) => {
  byId("drop").classList.remove("over");
  if (event.dataTransfer.files.length) byId("file").files = event.dataTransfer.files;
});
open();
