#!/usr/bin/env bash
# Makes Debian packages available to the throw-away servers of this folder.
#   deploy/local_servers/install.sh PACKAGE...
# Root installs them. For another user they and their dependencies are unpacked into .debian/ of this
# repository, where deploy/local_servers/debian_packages.py finds them.
set -euo pipefail
cd "$(dirname "$0")/../.."

installed() { dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

missing=()
for package in "$@"; do
    installed "$package" || [ -e ".debian/$package.unpacked" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if ! command -v apt-get >/dev/null; then
    echo "error: ${missing[*]} cannot be installed: apt-get is not here. Install them by this system's own means" >&2
    exit 2
fi

echo "Installing Debian packages: ${missing[*]} ..."
if [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    # A policy of 101 keeps the packages' own services from being started.
    policy=/usr/sbin/policy-rc.d
    [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; trap 'rm -f "$policy"' EXIT; }
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null
    exit
fi

mkdir -p .debian/archives
for package in "${missing[@]}"; do
    mapfile -t needed < <(
        apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
            --no-replaces --no-enhances "$package" | grep -E '^[a-z0-9]' | sed 's/:.*//' | sort -u
    )
    for each in "${needed[@]}"; do
        installed "$each" || (cd .debian/archives && apt-get download -qq "$each")
    done
    for archive in .debian/archives/*.deb; do dpkg-deb --extract "$archive" .debian; done
    rm -f .debian/archives/*.deb
    touch ".debian/$package.unpacked"
done
