# The whole project in a few words. The first call of any target sets up .venv (about a minute); later calls start at once.
# Needs Python 3.11+ (choose another with PYTHON=python3.12) and the package registry, nothing else.

PYTHON ?= python3
ASSIGNMENT ?= resnet
BIN := .venv/bin
READY := .venv/.ready
# A process for each processor, which runs whole files: their tests share what is expensive.
PYTEST := $(BIN)/python -m pytest -q -n auto --dist loadfile

.PHONY: help demo test lab dashboard release grade bench lock

help:
	@echo "make demo     release, sample class, autograde, feedback, training: the whole path in a few minutes"
	@echo "make test     lessons (pytest --nbval), unit tests, and the grader's audit of itself"
	@echo "make lab      open the lessons in JupyterLab"
	@echo "make dashboard  look at trained networks in the browser: curves, gradients, where they look"
	@echo "make release  generate notebooks/ from solutions/ (nbgrader generate_assignment)"
	@echo "make grade    grade submitted/, write feedback/ and a class report (ASSIGNMENT=beyond for the second assignment)"
	@echo "make bench    measure grading and training, half an hour"
	@echo "make lock     resolve requirements.lock anew from pyproject.toml"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is `$(PYTHON) --version 2>&1`. Try: make PYTHON=python3.12 ..."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.5"
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY)
	$(BIN)/python -m autograder demo

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	COURSE_DATA=digits COURSE_PROFILE=quick OMP_NUM_THREADS=1 $(PYTEST) --nbval solutions/
	OMP_NUM_THREADS=1 $(PYTEST) tests/
	$(BIN)/python -m autograder audit

lab: $(READY)
	$(BIN)/jupyter lab notebooks/resnet

dashboard: $(READY)
	$(BIN)/streamlit run dashboard/app.py --server.address=localhost --client.toolbarMode=minimal --browser.gatherUsageStats=false

release: $(READY)
	for assignment in $$(ls solutions); do $(BIN)/nbgrader generate_assignment $$assignment --force || exit 1; done

grade: $(READY)
	$(BIN)/python -m autograder grade $(ASSIGNMENT) || test $$? -eq 3  # 3: everybody is graded, and something was unusual
	$(BIN)/nbgrader generate_feedback $(ASSIGNMENT)
	$(BIN)/python -m autograder report $(ASSIGNMENT)

bench: $(READY)
	$(BIN)/python benchmarks/kernels.py
	$(BIN)/python benchmarks/grading.py --rounds 1 --stock 4 --ours 900
	$(BIN)/python benchmarks/grading.py --all --rounds 1 --stock 1 --ours 30
	$(BIN)/python benchmarks/grading.py --otter --rounds 1 --ours 30
	$(BIN)/python benchmarks/training.py --rounds 7 --steps 8

lock:
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --upgrade pyproject.toml --output-file requirements.lock
