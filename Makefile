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

# What is made in the tree is made as its owner, who can go on without root. What has to run as root leaves nothing there.
AS_OWNER := tools/as-owner
ifeq ($(shell [[ $$EUID -eq 0 && $$(stat --format %u .) -ne 0 ]] && echo root in the tree of another user),)
COMPILED :=
else
export PYTHONDONTWRITEBYTECODE := 1
export HYPOTHESIS_STORAGE_DIRECTORY := $(HOME)/.cache/haproxy-agentx/hypothesis
COMPILED := $(AS_OWNER) env --unset=PYTHONDONTWRITEBYTECODE $(PYTHON) -m compileall -q benchmarks haproxy_agentx integration tests tools;
endif

NOX  := $(AS_OWNER) env PATH="$(CURDIR)/$(VENV)/bin:$$PATH" nox --no-venv
LOCK := $(AS_OWNER) $(PYTHON) -m uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
        --no-annotate --no-header --no-emit-index-url --no-emit-find-links pyproject.toml

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION          := ignore

.PHONY: help
help:  ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r target text; \
	do printf '  make %-12s %s\n' "$$target" "$$text"; done

.PHONY: demo
demo: root packages-run $(VENV)/run $(MIBS)/.complete  ## see two load balancers fail over, in SNMP; as root, a minute
	@$(COMPILED) $(PYTHON) -m integration.demo

PICTURE := docs/demo.svg
.PHONY: picture
picture: root packages-run $(VENV)/run $(MIBS)/.complete  ## draw README's picture from the screen of the demo, and that of watch, as root
	@$(COMPILED) $(PYTHON) -m integration.demo --picture $(PICTURE)
	@$(AS_OWNER) $(PYTHON) -m tools.watch_picture docs/watch.svg

.PHONY: test
test: root packages-run packages-test $(VENV)/dev $(MIBS)/.complete $(MIBS)/readers/.complete  ## run all tests, TESTS='...' those; as root
	@$(COMPILED) $(PYTHON) -m tools.run_tests $(TESTS)

TIMES ?= 3
BUSY  ?= 2
.PHONY: test-hard
test-hard: root packages-run packages-test $(VENV)/dev $(MIBS)/.complete  ## run TESTS='...' TIMES=3 times beside BUSY=2 busy loops, and list which ever failed
	@$(COMPILED) $(PYTHON) -m tools.run_tests --times $(TIMES) --busy $(BUSY) $(TESTS)

.PHONY: attack
attack: root packages-run packages-test $(VENV)/dev $(MIBS)/.complete  ## attack the running daemon as a local user, its peers, disk and clock do; as root
	@$(COMPILED) $(PYTHON) -m tools.run_tests $(or $(TESTS),tests/attack)

MINUTES ?= 10
.PHONY: haunt
haunt: root packages-run packages-test $(VENV)/dev  ## all attacks at once, beside failovers and managers, for MINUTES=10; as root
	@$(COMPILED) $(PYTHON) -m benchmarks.haunt --minutes $(MINUTES)

ZOO ?=
.PHONY: zoo
zoo: root packages-run packages-test $(VENV)/dev $(MIBS)/.complete  ## compare what it reports in many set-ups with what clients get; ZOO='--quick', ZOO='-v ENTRY ...'
	@$(COMPILED) $(PYTHON) -m tests.zoo $(ZOO)

ROOT ?=
DOCS ?=
TO   ?=
ZABBIX ?= 6.0 7.0
.PHONY: packs packs-write
packs: root packages-run packages-packs $(VENV)/dev $(MIBS)/.complete  ## run the packs for monitoring systems with the real software; ZABBIX= without Zabbix; as root
	@$(COMPILED) for version in $(ZABBIX); do integration/zabbixlab/make-root $$version >/dev/null; done; \
	$(PYTHON) -m tools.run_tests $(or $(TESTS),-n 2 --dist loadfile $(if $(ZABBIX),,-m 'not zabbix') tests/packs/live)

packs-write: $(VENV)/dev  ## write the packs; ROOT=OID of another root, DOCS=URL of operations.md, TO=FOLDER
	@$(AS_OWNER) $(PYTHON) -m integration.packs $(if $(ROOT),--root $(ROOT)) $(if $(DOCS),--docs $(DOCS)) $(if $(TO),--to $(TO))

ZABBIX_VERSION ?= 7.0
.PHONY: zabbix-up zabbix-down zabbix-clean
zabbix-up: root packages-run packages-packs $(VENV)/dev $(MIBS)/.complete  ## start the lab and a Zabbix with its map, and print the address; ZABBIX_VERSION=6.0
	@$(COMPILED) $(PYTHON) -m integration.zabbixlab up --version $(ZABBIX_VERSION)

zabbix-down: root $(VENV)/dev  ## end both
	@$(PYTHON) -m integration.zabbixlab down

zabbix-clean: zabbix-down  ## remove what they keep outside this folder, too
	@integration/zabbixlab/make-root --clean

.PHONY: lab lab-up lab-down lab-clean
lab: root packages-lab $(VENV)/dev $(MIBS)/.complete  ## test it on two Debian machines in containers, from nothing; SUITE=trixie, TESTS='...'
	@$(COMPILED) $(PYTHON) -m integration.dockerlab test --suite $(SUITE) $(TESTS)

lab-up: root packages-lab $(VENV)/dev $(MIBS)/.complete  ## start these machines to try things; VARIANT=fast
	@$(COMPILED) $(PYTHON) -m integration.dockerlab up --suite $(SUITE) --variant $(VARIANT)

lab-down lab-clean: root $(VENV)/run  ## remove them; lab-clean: their images, too
	@$(PYTHON) -m integration.dockerlab $(@:lab-%=%)

.PHONY: matrix matrix-table matrix-clean
matrix: root packages-matrix $(VENV)/run  ## run all of it on each supported Debian; MACHINES='trixie' PARTS='demo test'; hours
	@$(COMPILED) $(PYTHON) -m integration.matrix --machines '$(MACHINES)' --parts '$(PARTS)'

matrix-table: $(VENV)/run  ## print the table of the last runs of the matrix
	@$(PYTHON) -m integration.matrix --table

matrix-clean: root $(VENV)/run  ## remove what the matrix keeps outside this folder
	@$(PYTHON) -m integration.matrix --clean

.PHONY: check
check: $(VENV)/dev $(MIBS)/.complete  ## check style, types, architecture, language and the MIB
	@$(NOX) --session lint
	tools/lint-mib $(MIBS) $(MODULE)
	@tools/diff-mib $(MIBS) $(RELEASED) $(MODULE)

.PHONY: unit
unit: $(VENV)/dev  ## run the tests that need no root and no daemons; `nox` does so without make and Debian
	@$(NOX) --session unit

.PHONY: coverage
coverage: $(VENV)/dev  ## print the branch coverage of the pure modules, and fail below 100 %; some minutes
	@$(AS_OWNER) $(PYTHON) -m tools.coverage $(TESTS)

MODULES ?=
.PHONY: mutation
mutation: $(VENV)/mutation  ## print the mutation score of health/ and store/, MODULES='health.rules' theirs; all takes hours
	@$(AS_OWNER) $(PYTHON) -m tools.mutation $(MODULES)

.PHONY: cost
cost: packages-cost $(VENV)/dev  ## count what a GetNext costs, and fail when it is above its budget
	@$(AS_OWNER) $(PYTHON) -m benchmarks.cost

.PHONY: lock
lock: $(VENV)/dev  ## write requirements/: the newest packages that pyproject.toml allows, with their hashes
	@$(AS_OWNER) $(PYTHON) -m pip install --quiet --group lock
	@$(LOCK) --group dev --output-file requirements/dev.txt
	@$(LOCK) --group build --constraint requirements/dev.txt --output-file requirements/run.txt
	@$(LOCK) --extra uvloop --constraint requirements/dev.txt --output-file requirements/service.txt
	@$(LOCK) --group package --constraint requirements/dev.txt --output-file requirements/package.txt

.PHONY: format
format: $(VENV)/dev  ## lay out the source, and mend what can be mended
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format

.PHONY: mib
mib: $(VENV)/run  ## write the MIB module, and the tables of docs/, anew from the tables in Python
	@$(AS_OWNER) $(PYTHON) -m tools.documents

.PHONY: release-mib
release-mib: $(MIBS)/.complete  ## release the MIB module: from now on `make check` refuses what is incompatible with it
	@tools/lint-mib $(MIBS) $(MODULE)
	@tools/diff-mib $(MIBS) $(RELEASED) $(MODULE)
	@$(AS_OWNER) install -D -m 644 $(MODULE) $(RELEASED) && echo 'released: commit $(RELEASED)'

.PHONY: bench bench-full soak redundancy endurance
bench: packages-bench $(VENV)/dev  ## measure the daemon beside a C agent, and as root how soon faults are seen, in some minutes; BENCH='options'
	@$(AS_OWNER) $(MAKE) --silent --directory=benchmarks/peers
	@$(COMPILED) $(PYTHON) -m benchmarks.bench $(BENCH)
	@[[ $$EUID -eq 0 ]] || { echo 'Failovers are measured as root only:  sudo make bench'; exit 0; }; \
	tools/install-packages run && $(PYTHON) -m benchmarks.failovers --quick

bench-full:  ## measure everything, beside all peers, up to 50,000 servers; a quarter of an hour
	@$(MAKE) --silent bench BENCH='--full $(BENCH)'

SOAK ?=
soak: root packages-run $(VENV)/dev  ## hundreds of failovers under random faults, and kills of the daemon; as root, an hour; SOAK='options'
	@$(COMPILED) $(PYTHON) -m benchmarks.failovers --soak $(SOAK)

REDUNDANCY ?=
redundancy: root packages-run $(VENV)/dev  ## 1,000 failovers, 200 reboots, 50 split brains of nodes that read each other; as root, an hour and a half
	@$(COMPILED) $(PYTHON) -m benchmarks.redundancy $(REDUNDANCY)

ENDURANCE_MINUTES ?= 240
endurance: root packages-run $(VENV)/dev  ## a long life of the pair, compressed: memory, descriptors and store stay flat; as root, ENDURANCE_MINUTES=240
	@$(COMPILED) $(PYTHON) -m benchmarks.endurance --minutes $(ENDURANCE_MINUTES)

.PHONY: growth
growth: packages-bench $(VENV)/dev  ## measure how the cost grows with columns and managers, and snmpd's own share
	@$(AS_OWNER) $(MAKE) --silent --directory=benchmarks/peers
	@$(COMPILED) $(PYTHON) -m benchmarks.growth

.PHONY: profile
profile: $(VENV)/dev  ## show where the microseconds of a GetNext go, and the longest stretches of a refresh
	@$(AS_OWNER) $(PYTHON) -m benchmarks.profile

.PHONY: fuzz
fuzz: $(VENV)/fuzz  ## feed each parser with what it does not expect, for FUZZ_SECONDS=60 each
	@$(AS_OWNER) $(PYTHON) -m tests.fuzz.run --seconds $(FUZZ_SECONDS)

.PHONY: install uninstall
install: root  ## install the daemon as a service of this machine, or upgrade it
	@tools/find-python >/dev/null 2>&1 || tools/install-packages
	@tools/service install

uninstall: root  ## remove the service; PURGE=1 also its configuration, its state and its user
	@tools/service uninstall

.PHONY: wheels
wheels:  ## make all wheels that `make install WHEELS=dist` needs, FOR=3.11 that Python; for machines offline
	@tools/find-python >/dev/null 2>&1 || tools/install-packages
	@$(AS_OWNER) tools/make-wheels dist $(FOR)

.PHONY: deb rpm
deb: packages-deb  ## make the package for Debian and Ubuntu, FOR=3.13 that Python; reproducible
	@$(AS_OWNER) packaging/make-deb $(FOR)

rpm: packages-rpm  ## make the package for RHEL and its kin, FOR=3.12 that Python; reproducible
	@$(AS_OWNER) packaging/make-rpm $(FOR)

.PHONY: packages
packages: packages-deb packages-rpm $(VENV)/dev  ## make both packages twice, compare, lint and unpack them
	@$(COMPILED) $(PYTHON) -m tools.run_tests $(or $(TESTS),tests/packages)

.PHONY: clean
clean:  ## remove all that was made here
	rm -rf $(VENV) $(MIBS) build dist *.egg-info .{mypy,ruff,pytest,import_linter}_cache .hypothesis .nox benchmarks/results mutants
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
	@$(AS_OWNER) "$$(tools/find-python)" -m venv $(VENV)

$(VENV)/run $(VENV)/dev: $(VENV)/%: pyproject.toml requirements/%.txt | $(PYTHON)
	@echo 'installing the Python packages of requirements/$*.txt into $(VENV)'
	@$(AS_OWNER) $(PYTHON) -m pip install --quiet --require-hashes --requirement requirements/$*.txt
	@$(AS_OWNER) env PYTHONWARNINGS=ignore $(PYTHON) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(AS_OWNER) touch $@

$(VENV)/fuzz: $(VENV)/dev
	@$(AS_OWNER) $(PYTHON) -m pip install --quiet --only-binary atheris --group fuzz || \
	echo 'There is no atheris for this Python: the fuzzing will be blind.'
	@$(AS_OWNER) touch $@

$(VENV)/mutation: $(VENV)/dev
	@$(AS_OWNER) $(PYTHON) -m pip install --quiet --group mutation
	@$(AS_OWNER) touch $@

$(MIBS)/.complete: | packages-mibs
	@$(AS_OWNER) tools/fetch-ietf-mibs $(MIBS)

$(MIBS)/readers/.complete: | packages-run
	@$(AS_OWNER) tools/fetch-mib-readers $(@D)
