# The words of this project. They need Python 3.11 or newer and make; `make test` also real servers.
#   make demo    a support desk in a box: a day of mail in half a minute
#   make test    lint, types and all tests, against real IMAP, SMTP and PostgreSQL servers
#   make check   the same without servers, for every save
#   make attack  hostile mails against a real worker: FOLDER=... holds them
#   make fuzz    damaged mails, guided by coverage, for FUZZ_SECONDS (60)
#   make model   train the model that judges mail again, from worker/rules/mails
#   make fix     format, and repair what ruff can repair

VENV := .venv
BIN := $(VENV)/bin
ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c '$(ENOUGH)' 2>/dev/null && echo $$name && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check install -q
ARGS ?=
FOLDER ?=
FUZZ_SECONDS ?= 60

.PHONY: demo test check fix bench attack fuzz model picture constraints clean
.DELETE_ON_ERROR:

demo: $(VENV)/.demo-ready
	@$(BIN)/postclerk demo $(ARGS)

test: $(VENV)/.dev-ready
	@sh .ci/servers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest $(ARGS)

check: $(VENV)/.dev-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q -m "not live and not postgres and not slow" $(ARGS)

fix: $(VENV)/.dev-ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev-ready
	$(BIN)/python -m bench $(ARGS)

# Hostile mails of yours (.eml and expect.jsonl) against a real worker; see tests/attack.
attack: $(VENV)/.dev-ready
	@test -n "$(FOLDER)" || { echo "Name the folder of mails: make attack FOLDER=..." >&2; exit 2; }
	@sh .ci/servers
	$(BIN)/python -m tests.attack $(FOLDER) $(ARGS)

# Any bytes become a message: findings go to var/fuzz, and to tests/corpus once understood.
fuzz: $(VENV)/.dev-ready
	@$(PIP) -c constraints.txt -e '.[fuzz]'
	$(BIN)/python -m tests.fuzz.parse --seconds $(FUZZ_SECONDS) $(ARGS)

# Some minutes. The same mails and versions give the same file.
model: $(VENV)/.dev-ready
	$(BIN)/python -m bench.model worker/rules/model.json.gz

# The picture in README.md, drawn from a real run.
picture: $(VENV)/.demo-ready
	$(BIN)/python -m worker.demo.picture docs/pictures/demo.svg

# A fresh install without constraints tells today's versions.
constraints:
	@sh .ci/venv /tmp/postclerk-constraints "$(PYTHON)"
	/tmp/postclerk-constraints/bin/python -m pip install -q -e '.[dev]'
	( echo '# What a full development install resolved to; made by `make constraints`.'; \
	  /tmp/postclerk-constraints/bin/python -m pip freeze --exclude-editable --exclude postclerk \
	  | LC_ALL=C sort -f ) > constraints.new
	mv constraints.new constraints.txt
	rm -rf /tmp/postclerk-constraints

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis var/demo

$(BIN)/pip:
	@sh .ci/venv $(VENV) "$(PYTHON)"

$(VENV)/.demo-ready: $(BIN)/pip pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (once, about half a minute) ..."
	@$(PIP) -c constraints.txt -e '.[demo]'
	@touch $@

$(VENV)/.dev-ready: $(BIN)/pip pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (once, about half a minute) ..."
	@$(PIP) -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.demo-ready
