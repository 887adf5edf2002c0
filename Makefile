# Each command installs what it needs below build/, and the system packages it lacks (as root, by sudo, or it says which).

.PHONY: check demo test test-load lab lab-stop bench

demo: ## back up, damage and restore a fleet on this machine
	@python3 tests/tools/demo.py

check: ## format, lint, types, and the unit tests that take less than half a second: while working
	@python3 tests/tools/run_tests.py --quick

test: ## everything that CI checks; LANES="unit lint" for some
	@python3 tests/tools/run_tests.py $(LANES)

test-load: ## the tests marked timing, 20 times, on a machine with other work; ROUNDS=5 for less, TESTS="tests/unit" for some
	@python3 tests/tools/load.py $(if $(ROUNDS),--rounds $(ROUNDS)) $(TESTS)

lab: ## start a fleet on 127.0.0.1; inventory in build/lab/inventory.yml
	@python3 tests/tools/fleet.py start

lab-stop:
	@python3 tests/tools/fleet.py stop

bench: ## the agent against cp, sha256sum, rsync, restic and borg; groups against ldapsearch
	@python3 tests/tools/bench.py
