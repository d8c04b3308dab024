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

run "lets a visitor in" '{"request": {}, "user": {"email": "ada@example.com"}, "connection": {"name": "web"}}' 'signed_up_with'
run "denies one without an e-mail address" '{"request": {}, "user": {}}' 'access_deny  no e-mail address'
exit $failed
