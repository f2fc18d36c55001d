#!/usr/bin/env bash
# Runs a guarded step at a host, and waits for its end: run.sh STEP [INPUT]. Exit status 1 where it has failed.
set -euo pipefail
step=$1
given=${2:-"{}"}
name="$step-$(date -u +%Y%m%dT%H%M%SZ)"
ask() {
  curl --silent --show-error --fail-with-body --header "Authorization: Bearer $DATASENS_TOKEN" \
    --header 'Content-Type: application/json' "$@"
}

ask "$DATASENS_URL/control/executions" \
  --data "{\"workflow\": \"guarded-step\", \"name\": \"$name\", \"input\": {\"step\": \"$step\", \"input\": $given}}"
echo
state='"status":"RUNNING"'
while [[ $state == *'"status":"RUNNING"'* ]]; do
  sleep 1
  state=$(ask "$DATASENS_URL/control/executions/guarded-step/$name")
done
echo "$state"
[[ $state == *'"status":"SUCCEEDED"'* ]]
