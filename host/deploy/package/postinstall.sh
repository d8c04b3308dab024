#!/bin/sh
# Starts nothing, and restarts nothing: the operator decides when.
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
if [ -d /run/systemd/system ] && systemctl is-active --quiet usher; then
  echo "usher: the earlier version still runs: make a backup, then: systemctl restart usher"
else
  echo "usher: to start it: systemctl enable --now usher (settings: /etc/usher/usher.yaml)"
fi
