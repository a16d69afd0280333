# Targets of the native engine; the Makefile includes them.
PYTHON ?= python

.PHONY: test-asan bench bench-quick

test-asan: ## the engine tests on a build with AddressSanitizer and UndefinedBehaviorSanitizer
	$(PYTHON) tools/test_asan.py

bench: ## time a training step over the grid of sizes (about half an hour)
	$(PYTHON) benchmarks/bench.py

bench-quick: ## time a training step at the paper's size (under a minute)
	$(PYTHON) benchmarks/bench.py --quick
