#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
case "$1" in
purge | 0)
  for dir in /var/lib/usher /var/lib/usher-backup; do
    if [ -d "$dir" ]; then
      echo "usher: $dir stays: it has the database and the key of its secrets; remove it and user usher yourself"
    fi
  done
  ;;
esac
