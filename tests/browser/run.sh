#!/bin/sh
# Runs the browser tests against $PACELINE_BIN. Needs Node 20 and Chromium; nothing is installed outside this folder.
# PACELINE_SHOTS=FOLDER keeps a screenshot of every page, light and dark, wide and narrow, and what is printed.
# PACELINE_ASSETS=source tests style sheet and script of this checkout instead of those built into the program.
set -eu
cd "$(dirname "$0")"
: "${PACELINE_BIN:?name the built program, such as PACELINE_BIN=target/debug/paceline (an absolute path)}"
CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$CHROMIUM" ]; then
    echo "no chromium found: install it (Debian: apt-get install chromium) or name it in CHROMIUM" >&2
    exit 1
fi
export CHROMIUM
[ -d node_modules ] || npm ci --no-audit --no-fund
exec node --test --test-reporter=spec
