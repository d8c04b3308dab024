#!/bin/sh
# The files of the package belong to this user.
set -e
if ! getent passwd usher >/dev/null; then
  useradd --system --user-group --home-dir /var/lib/usher --no-create-home --shell /usr/sbin/nologin --comment Usher usher
fi
