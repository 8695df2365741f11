# haproxy-agentx: what there is to make. `make` lists it. Each target installs what it needs, when it is missing.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

VENV   := .venv
PYTHON := $(VENV)/bin/python
MIBS   := .mibs
MODULE := mib/HAPROXY-AGENTX-MIB.txt
RELEASED := mib/released/HAPROXY-AGENTX-MIB.txt
TESTS        ?=
BENCH        ?=
FUZZ_SECONDS ?= 20
FOR          ?=
VARIANT      ?= base
SUITE        ?= bookworm
MACHINES     ?=
PARTS        ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION          := ignore

# What root leaves in the tree belongs to the tree's owner, so that who was not root then can go on.
OWN := trap 'chown -R --from=root --reference=Makefile . 2>/dev/null || :' EXIT;

.PHONY: help
help:  ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r target text; \
	do printf '  make %-12s %s\n' "$$target" "$$text"; done

.PHONY: demo
demo: root packages-run $(VENV)/run $(MIBS)/.complete  ## see two load balancers fail over, in SNMP; as root, a minute
	@$(OWN) $(PYTHON) -m integration.demo

PICTURE := docs/demo.svg
.PHONY: picture
picture: root packages-run $(VENV)/run $(MIBS)/.complete  ## draw README's picture from the screen of the demo, as root
	@$(OWN) $(PYTHON) -m integration.demo --picture $(PICTURE)

.PHONY: test
test: root packages-run packages-test $(VENV)/dev $(MIBS)/.complete $(MIBS)/readers/.complete  ## run all tests, TESTS='...' those; as root
	@$(OWN) $(PYTHON) -m tools.run_tests $(TESTS)

TIMES ?= 3
BUSY  ?= 2
.PHONY: test-hard
test-hard: root packages-run packages-test $(VENV)/dev $(MIBS)/.complete  ## run TESTS='...' TIMES=3 times beside BUSY=2 busy loops, and list which ever failed
	@$(OWN) $(PYTHON) -m tools.run_tests --times $(TIMES) --busy $(BUSY) $(TESTS)

.PHONY: attack
attack: root packages-run packages-test $(VENV)/dev $(MIBS)/.complete  ## attack the running daemon as a local user, its peers, disk and clock do; as root
	@$(OWN) $(PYTHON) -m tools.run_tests $(or $(TESTS),tests/attack)

MINUTES ?= 10
.PHONY: haunt
haunt: root packages-run packages-test $(VENV)/dev  ## all attacks at once, beside failovers and managers, for MINUTES=10; as root
	@$(OWN) $(PYTHON) -m benchmarks.haunt --minutes $(MINUTES)

ZOO ?=
.PHONY: zoo
zoo: root packages-run packages-test $(VENV)/dev $(MIBS)/.complete  ## compare what it reports in many set-ups with what clients get; ZOO='--quick', ZOO='-v ENTRY ...'
	@$(OWN) $(PYTHON) -m tests.zoo $(ZOO)

.PHONY: lab lab-up lab-down lab-clean
lab: root packages-lab $(VENV)/dev $(MIBS)/.complete  ## test it on two Debian machines in containers, from nothing; SUITE=trixie, TESTS='...'
	@$(OWN) $(PYTHON) -m integration.dockerlab test --suite $(SUITE) $(TESTS)

lab-up: root packages-lab $(VENV)/dev $(MIBS)/.complete  ## start these machines to try things; VARIANT=fast
	@$(OWN) $(PYTHON) -m integration.dockerlab up --suite $(SUITE) --variant $(VARIANT)

lab-down lab-clean: root $(VENV)/run  ## remove them; lab-clean: their images, too
	@$(PYTHON) -m integration.dockerlab $(@:lab-%=%)

.PHONY: matrix matrix-table matrix-clean
matrix: root packages-matrix $(VENV)/run  ## run all of it on each supported Debian; MACHINES='trixie' PARTS='demo test'; hours
	@$(OWN) $(PYTHON) -m integration.matrix --machines '$(MACHINES)' --parts '$(PARTS)'

matrix-table: $(VENV)/run  ## print the table of the last runs of the matrix
	@$(PYTHON) -m integration.matrix --table

matrix-clean: root $(VENV)/run  ## remove what the matrix keeps outside this folder
	@$(PYTHON) -m integration.matrix --clean

.PHONY: check
check: packages-check $(VENV)/dev $(MIBS)/.complete  ## check style, types, architecture, language, the MIB and the cost of GetNext
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo
	$(PYTHON) -m tools.check_prose
	tools/lint-mib $(MIBS) $(MODULE)
	@tools/diff-mib $(MIBS) $(RELEASED) $(MODULE)
	@$(PYTHON) -m haproxy_agentx.objects.module | diff $(MODULE) - || { echo '$(MODULE) is old: make mib'; exit 1; }
	@$(PYTHON) -m haproxy_agentx.objects.document fill <docs/mib.md | diff docs/mib.md - || { echo 'docs/mib.md is old: make mib'; exit 1; }
	$(PYTHON) -m benchmarks.cost

.PHONY: format
format: $(VENV)/dev  ## lay out the source, and mend what can be mended
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format

.PHONY: mib
mib: $(VENV)/run  ## write the MIB module, and its document, anew from the declaration in Python
	$(PYTHON) -m haproxy_agentx.objects.module >$(MODULE)
	@$(PYTHON) -m haproxy_agentx.objects.document fill <docs/mib.md >docs/mib.new && mv docs/mib.new docs/mib.md

.PHONY: release-mib
release-mib: $(MIBS)/.complete  ## release the MIB module: from now on `make check` refuses what is incompatible with it
	@tools/lint-mib $(MIBS) $(MODULE)
	@tools/diff-mib $(MIBS) $(RELEASED) $(MODULE)
	@$(OWN) install -D -m 644 $(MODULE) $(RELEASED) && echo 'released: commit $(RELEASED)'

.PHONY: bench bench-full soak
bench: packages-bench $(VENV)/dev  ## measure the daemon beside a C agent, and as root how soon faults are seen, in some minutes; BENCH='options'
	@$(OWN) $(MAKE) --silent --directory=benchmarks/peers && $(PYTHON) -m benchmarks.bench $(BENCH)
	@[[ $$EUID -eq 0 ]] || { echo 'Failovers are measured as root only:  sudo make bench'; exit 0; }; \
	$(OWN) tools/install-packages run && $(PYTHON) -m benchmarks.failovers --quick

bench-full:  ## measure everything, beside all peers, up to 50,000 servers; a quarter of an hour
	@$(MAKE) --silent bench BENCH='--full $(BENCH)'

SOAK ?=
soak: root packages-run $(VENV)/dev  ## hundreds of failovers under random faults, and kills of the daemon; as root, an hour; SOAK='options'
	@$(OWN) $(PYTHON) -m benchmarks.failovers --soak $(SOAK)

.PHONY: growth
growth: packages-bench $(VENV)/dev  ## measure how the cost grows with columns and managers, and snmpd's own share
	@$(OWN) $(MAKE) --silent --directory=benchmarks/peers && $(PYTHON) -m benchmarks.growth

.PHONY: profile
profile: $(VENV)/dev  ## show where the microseconds of a GetNext go, and the longest stretches of a refresh
	@$(OWN) $(PYTHON) -m benchmarks.profile

.PHONY: fuzz
fuzz: $(VENV)/fuzz  ## feed each parser with what it does not expect, for FUZZ_SECONDS=60 each
	@$(OWN) $(PYTHON) -m tests.fuzz.run --seconds $(FUZZ_SECONDS)

.PHONY: install uninstall
install: root  ## install the daemon as a service of this machine, or upgrade it
	@tools/find-python >/dev/null 2>&1 || tools/install-packages
	@$(OWN) tools/service install

uninstall: root  ## remove the service; PURGE=1 also its configuration, its state and its user
	@tools/service uninstall

.PHONY: wheels
wheels:  ## make all wheels that `make install WHEELS=dist` needs, FOR=3.11 that Python; for machines offline
	@tools/find-python >/dev/null 2>&1 || tools/install-packages
	@$(OWN) tools/make-wheels dist $(FOR)

.PHONY: clean
clean:  ## remove all that was made here
	rm -rf $(VENV) $(MIBS) build dist *.egg-info .{mypy,ruff,pytest,import_linter}_cache .hypothesis benchmarks/results
	find . -name __pycache__ -prune -exec rm -rf {} +
	@$(MAKE) --silent --directory=benchmarks/peers clean

# What the targets need

.PHONY: root
root:
	@[[ $$EUID -eq 0 ]] || { echo 'This needs root:  sudo make $(MAKECMDGOALS)' >&2; exit 1; }

packages-%:
	@tools/install-packages $*

$(PYTHON):
	@tools/install-packages
	@$(OWN) "$$(tools/find-python)" -m venv $(VENV)

$(VENV)/run $(VENV)/dev: pyproject.toml | $(PYTHON)
	@echo 'installing the Python packages of pyproject.toml into $(VENV)'
	@$(OWN) $(PYTHON) -m pip install --quiet --editable '.$(if $(filter %/dev,$@),[dev])'
	@$(OWN) touch $@

$(VENV)/fuzz: $(VENV)/dev
	@$(OWN) $(PYTHON) -m pip install --quiet --only-binary atheris --editable '.[fuzz]' || \
	echo 'There is no atheris for this Python: the fuzzing will be blind.'
	@$(OWN) touch $@

$(MIBS)/.complete: | packages-mibs
	@$(OWN) tools/fetch-ietf-mibs $(MIBS)

$(MIBS)/readers/.complete: | packages-run
	@$(OWN) tools/fetch-mib-readers $(@D)
