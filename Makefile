# The whole project in a few words. The first call of any target sets up .venv (about a minute); later calls start at once.
# Needs Python 3.11+ (choose another with PYTHON=python3.12) and the package registry, nothing else.
# VENV: where the environment lies, if not in .venv. TORCH_INDEX: the address of an index with builds of torch for CPUs
# alone, as PyTorch's pages name it: torch then comes from there, in the lock's version, without 4 GB of libraries for GPUs.

PYTHON ?= python3
ASSIGNMENT ?= resnet
VENV ?= .venv
TORCH_INDEX ?=
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# A process for each processor, which runs whole files: their tests share what is expensive.
PYTEST := $(BIN)/python -m pytest -q -n auto --dist loadfile

# What is in the lock for GPUs, and torch itself, each with the lines below it.
FOR_GPUS := /^[^ ]/ {leave = /^(torch|torchvision|triton|nvidia-[a-z0-9-]*|cuda-[a-z0-9-]*)==/} !leave

.PHONY: help packages environment demo test lab dashboard release grade bench lock

help:
	@echo "make demo     release, sample class, autograde, feedback, training: the whole path in a few minutes"
	@echo "make test     lessons (pytest --nbval), unit tests, and the grader's audit of itself"
	@echo "make lab      open the lessons in JupyterLab"
	@echo "make dashboard  look at trained networks in the browser: curves, gradients, where they look"
	@echo "make release  generate notebooks/ from solutions/ (nbgrader generate_assignment)"
	@echo "make grade    grade submitted/, write feedback/ and a class report (ASSIGNMENT=beyond for the second assignment)"
	@echo "make bench    measure grading and training, half an hour"
	@echo "make lock     resolve requirements.lock anew from pyproject.toml"

# Set up once for what these two say, whatever the times of the files are: in an image, the environment is as it was made.
$(READY): requirements.lock pyproject.toml
	@cat $^ | cmp -s - $(VENV)/made-of || $(MAKE) --no-print-directory environment

packages:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is `$(PYTHON) --version 2>&1`. Try: make PYTHON=python3.12 ..."; exit 1; }
	@test ! -e $(VENV) || test -w $(VENV) || \
	  { echo "requirements.lock or pyproject.toml is another than that of $(VENV), which is not yours to change: build the image anew."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.5"
ifeq ($(TORCH_INDEX),)
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
else
	awk '$(FOR_GPUS)' requirements.lock > $(VENV)/without-torch.lock
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes $(VENV)/without-torch.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --default-index $(TORCH_INDEX) \
	  `sed -nE 's/^(torch|torchvision)(==[^ ]+).*/\1\2/p' requirements.lock`
endif

environment: packages
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@cat requirements.lock pyproject.toml > $(VENV)/made-of
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
	$(BIN)/python benchmarks/levels.py
	$(BIN)/python benchmarks/grading.py --rounds 1 --stock 4 --ours 900
	$(BIN)/python benchmarks/grading.py --all --rounds 1 --stock 1 --ours 30
	$(BIN)/python benchmarks/grading.py --otter --rounds 1 --ours 30
	$(BIN)/python benchmarks/training.py --rounds 7 --steps 8

lock:
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --upgrade pyproject.toml --output-file requirements.lock
