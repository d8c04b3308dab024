#!/bin/sh
# dpkg calls this with "remove" or "upgrade", rpm with how many versions stay.
set -e
case "$1" in
remove | 0)
  if [ -d /run/systemd/system ]; then
    systemctl disable --now usher.service usher-backup.timer || true
  fi
  ;;
esac
