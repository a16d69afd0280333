// Forms, files and what is told of them, of each calculator of the page.

const PAUSE = 150; // milliseconds after the last key
const SPOKEN_PAUSE = 700;
const MOST_BYTES = 200e6;
const NOTHING_YET = "Type the values of a patient, paste them, or choose a file: what the model "
  + "tells stands here at once.";

function after(pause, task) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => task(...values), pause);
  };
}

class Calculator {
  constructor(section) {
    const find = (selector) => section.querySelector(selector);
    this.section = section;
    this.data = JSON.parse(find('script[type="application/json"]').textContent);
    [this.form, this.told, this.results] = ["form", ".told", ".results"].map(find);
    [this.pasted, this.file, this.drop] = ["textarea", "input[type=file]", ".drop"].map(find);
    [this.pastedMessage, this.fileMessage] = [...section.querySelectorAll(".message")];
    this.sample = find("[data-sample]");
    this.inputs = ["[data-gene]", "[data-reference]"].map((kind) => (
      [...section.querySelectorAll(kind)]
    ));
    this.hints = new Map(this.inputs.flat().map((input) => (
      [input, input.nextElementSibling.textContent]
    )));
    const spoken = find(".spoken");
    this.speak = after(SPOKEN_PAUSE, (words) => { spoken.textContent = words; });
    this.listen();
    find(".sheet").hidden = false;
    this.calculate();
  }

  listen() {
    const calculate = after(PAUSE, () => this.calculate());
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", (event) => {
      if (event.target === this.pasted) this.takePasted();
      calculate();
    });
    this.form.addEventListener("reset", () => setTimeout(() => {
      this.pastedMessage.textContent = "";
      this.calculate();
      this.inputs.flat()[0].focus();
    }));
    this.file.addEventListener("change", () => this.takeFile(this.file.files[0]));
    // A file that misses the frame would open in the place of the page.
    for (const name of ["dragover", "dragleave", "drop"]) {
      window.addEventListener(name, (event) => {
        event.preventDefault();
        const isOver = this.section.contains(event.target);
        this.drop.classList.toggle("over", name === "dragover" && isOver);
        if (name === "drop" && isOver) this.takeFile(event.dataTransfer.files[0]);
      });
    }
    window.addEventListener("afterprint", () => document.body.classList.remove("one-patient"));
  }

  // What is typed, in single precision; an entry that is no number is marked.
  typed() {
    const cells = this.inputs.flat().map((input) => input.value);
    const mark = decimalMarkOf(cells);
    const wrong = [];
    const [values, reference] = this.inputs.map((inputs) => inputs.map((input) => {
      try {
        const value = numberIn(input.value, mark);
        this.mark(input);
        return value;
      } catch (error) {
        if (!(error instanceof ReadingError)) throw error;
        const label = input.labels[0].textContent;
        this.mark(input, error.message);
        wrong.push(`${label}: ${error.message}`);
        return NaN;
      }
    }));
    if (wrong.length) throw new ReadingError(`${wrong.join("; ")}.`);
    return { name: this.sample.value.trim(), values, reference };
  }

  mark(input, wrong = "") {
    const about = input.nextElementSibling;
    about.textContent = wrong ? capitalised(wrong) : this.hints.get(input);
    about.classList.toggle("wrong", wrong !== "");
    if (wrong) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  calculate() {
    if (this.inputs.flat().every((input) => !input.value.trim())) {
      for (const input of this.inputs.flat()) this.mark(input);
      this.told.replaceChildren(paragraph("muted", NOTHING_YET));
      this.told.classList.add("nothing");
      this.speak("");
      return;
    }
    this.told.classList.remove("nothing");
    try {
      const patient = this.typed();
      const told = tell(this.data, patient);
      const parts = partsOf(this.data, told, this.entered(patient));
      this.told.replaceChildren(...parts, this.printButton());
      this.speak(spokenOf(this.data, told));
    } catch (error) {
      if (!(error instanceof ReadingError)) throw error;
      const words = capitalised(error.message);
      this.told.replaceChildren(paragraph("value none", "No prediction"), paragraph("why", words));
      this.speak(`No prediction: ${words}`);
    }
  }

  entered({ values, reference }) {
    const shown = (genes, numbers) => genes.map(({ label }, place) => (
      `${label} ${Number.isNaN(numbers[place]) ? "none" : shortly(numbers[place])}`
    ));
    return [...shown(this.data.genes, values), ...shown(this.data.reference, reference)].join(", ");
  }

  printButton() {
    const button = make("button", { type: "button" }, "Print this patient");
    button.addEventListener("click", () => {
      document.body.classList.add("one-patient");
      window.print();
    });
    return paragraph("buttons", button);
  }

  // Puts a patient's values where they are typed.
  fill({ name, values, reference }) {
    this.sample.value = name === PASTED ? "" : name;
    [values, reference].forEach((numbers, kind) => numbers.forEach((value, place) => {
      this.inputs[kind][place].value = Number.isNaN(value) ? "" : plainNumber(value);
    }));
    this.calculate();
  }

  takePasted() {
    const text = this.pasted.value;
    if (!text.trim()) return;
    this.say(this.pastedMessage, "", () => {
      const { samples, notes } = readPasted(this.data, text);
      if (samples.length > 1) {
        this.showMany(samples);
        return [`${samplesIn(samples.length)}: their table is below.`, ...notes];
      }
      this.fill(samples[0]);
      const there = samples[0].values.filter((value) => !Number.isNaN(value)).length;
      return [`${there} of ${this.data.genes.length} genes have a value.`, ...notes];
    });
  }

  async takeFile(file) {
    if (!file) return;
    this.results.hidden = true;
    this.fileMessage.textContent = `Reading ${file.name} ...`;
    await this.say(this.fileMessage, `${file.name}: `, async () => {
      if (file.size > MOST_BYTES) {
        throw new ReadingError("it is larger than a page can take: use deepcme predict.");
      }
      const { samples, notes } = readMany(this.data, await textOf(file));
      this.showMany(samples);
      return [`${samplesIn(samples.length)}.`, ...notes];
    });
  }

  // What was read, or why it cannot be.
  async say(message, before, read) {
    let said;
    let isWrong = false;
    try {
      said = (await read()).join(" ");
    } catch (error) {
      if (!(error instanceof ReadingError)) throw error;
      said = error.message;
      isWrong = true;
    }
    message.textContent = before ? before + said : capitalised(said);
    message.classList.toggle("wrong", isWrong);
  }

  samplesOf(text) {
    return readMany(this.data, text).samples;
  }

  tellEach(samples) {
    return samples.map((sample) => tell(this.data, sample));
  }

  showMany(samples) {
    const all = this.tellEach(samples);
    const button = make("button", { type: "button" }, "Download as CSV");
    button.addEventListener("click", () => download(this.data, all));
    this.results.replaceChildren(
      make("h3", {}, "Results of the file"),
      paragraph("", summaryOf(all), " A name shows the patient in full. For research only."),
      paragraph("buttons", button),
      manyTable(this.data, all, (told) => {
        this.fill(told);
        this.told.focus();
        this.told.scrollIntoView({ block: "start" });
      }),
    );
    this.results.hidden = false;
  }
}

for (const section of document.querySelectorAll("[data-calculator]")) {
  section.calculator = new Calculator(section); // its numbers, to be checked
}
