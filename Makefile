# One build directory for every clone, outside of it: the dependencies take most of the time of a first build.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/paceline/target

.PHONY: demo test install-tools format lint rust-test browser-test bench

# What a newcomer runs first.
demo:
	cargo run -- demo

# Everything that must hold before a change lands.
test: install-tools lint rust-test browser-test

# What the tests need beside Rust, where it is missing.
install-tools:
	./tests/install-tools

format:
	cargo fmt

lint:
	cargo fmt --check
	cargo clippy --all-targets --quiet -- -D warnings

rust-test:
	cargo test --quiet

browser-test:
	PACELINE_BIN="$(CARGO_TARGET_DIR)/debug/paceline" tests/browser/run.sh

# Ratios against what a user would run instead; takes a release build.
bench:
	cargo build --release --quiet
	PACELINE_BIN="$(CARGO_TARGET_DIR)/release/paceline" python3 benches/collect.py
	[ -z "$$PACELINE_DEVLAKE" ] || PACELINE_BIN="$(CARGO_TARGET_DIR)/release/paceline" python3 benches/devlake.py
	PACELINE_BIN="$(CARGO_TARGET_DIR)/release/paceline" python3 benches/experiment.py
	PACELINE_BIN="$(CARGO_TARGET_DIR)/release/paceline" python3 benches/flags.py
	PACELINE_BIN="$(CARGO_TARGET_DIR)/release/paceline" python3 benches/landing.py
	PACELINE_BIN="$(CARGO_TARGET_DIR)/release/paceline" python3 benches/mapping.py
	PACELINE_BIN="$(CARGO_TARGET_DIR)/release/paceline" python3 benches/metrics.py
	PACELINE_BIN="$(CARGO_TARGET_DIR)/release/paceline" python3 benches/pages.py
	PACELINE_BIN="$(CARGO_TARGET_DIR)/release/paceline" python3 benches/receive.py
