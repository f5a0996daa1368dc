#!/usr/bin/env bash
# Installs the peers that the tests talk to (Debian's own tools, which we did not write), then runs the tests.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A package=([snmpget]=snmp [mbpoll]=mbpoll [mosquitto]=mosquitto [mosquitto_pub]=mosquitto-clients [chromium]=chromium [sumo]=sumo [socat]=socat)
missing=()
for tool in "${!package[@]}"; do
  command -v "$tool" >/dev/null || [ -x "/usr/sbin/$tool" ] || missing+=("${package[$tool]}")
done
if [ "${#missing[@]}" -gt 0 ]; then
  install="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${missing[*]} for the tests."
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "The tests talk to tools that are not installed. Run:" >&2
    echo "  sudo sh -c '$install'" >&2
    exit 1
  fi
fi
exec node_modules/.bin/vitest run "$@"
