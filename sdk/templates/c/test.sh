#!/bin/sh
# sh test.sh: builds the action, and runs it on events as a host would. The variable USHER
# names another command than usher.
set -eu
cd "$(dirname "$0")"
sh build action.c {{name}}.wasm
failed=0

# run WHAT EVENT WANT: WANT is in what the run on EVENT prints.
run() {
  output=$(echo "$2" | "${USHER:-usher}" run {{name}}.wasm --event - 2>&1) || true
  case $output in
    *"$3"*) echo "passed: $1" ;;
    *) failed=1 && printf 'failed: %s\nwant: %s\ngot:\n%s\n' "$1" "$3" "$output" ;;
  esac
}

run "greets a new user" '{"user": {"user_id": "u1", "email": "ada@example.com"}}' 'Hello, ada@example.com'
run "greets one who registered by phone" '{"user": {"user_id": "u2"}}' 'Hello, you'
exit $failed
