#!/usr/bin/env bash
# Certificates for TLS between the hosts of a cluster (network.certificates, verbs --certificates).
#
#   scripts/certificates.sh authority DIR
#       makes the cluster's authority in DIR
#   scripts/certificates.sh host DIR NAME [ADDRESS...]
#       makes DIR/NAME/{ca.crt,tls.crt,tls.key} for the host with the host.id NAME; ADDRESS is what
#       others reach it by, IP or DNS name (default 127.0.0.1). For a person, any name will do.
#   scripts/certificates.sh revoke DIR NAME
#       makes DIR/revoked.crl anew, with NAME's in it; copy it to the certificates of every host
#
# A certificate lasts for DAYS (default 365; an authority's 3650), or UNTIL=YYYYMMDDHHMMSSZ. Keep
# DIR/authority.key away from the hosts: whoever has it can make hosts.
set -euo pipefail

fail() {
  echo "certificates.sh: $*" >&2
  exit 2
}

# An authority as openssl's `ca` wants it: an index of what it has signed.
settings() {
  cat <<END
[ca]
default_ca = cluster
[cluster]
dir = $1
database = $1/index.txt
serial = $1/serial
new_certs_dir = $1/signed
certificate = $1/ca.crt
private_key = $1/authority.key
default_md = sha256
default_crl_days = 3650
policy = any
copy_extensions = none
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
END
}

make_key() {
  (umask 077 &&
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null)
}

make_authority() {
  local dir=$1
  [ ! -e "$dir/authority.key" ] || fail "$dir has an authority; remove the directory to begin anew"
  mkdir -p "$dir/signed"
  touch "$dir/index.txt"
  echo 01 >"$dir/serial"
  settings "$dir" >"$dir/openssl.cnf"
  make_key "$dir/authority.key"
  openssl req -x509 -new -config "$dir/openssl.cnf" -key "$dir/authority.key" -out "$dir/ca.crt" \
    -days "${DAYS:-3650}" -subj "/CN=tickmesh cluster authority" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
  echo "$dir: ca.crt, authority.key"
}

make_host() {
  local dir=$1 name=$2 names address lasts=(-days "${DAYS:-365}")
  [ -z "${UNTIL:-}" ] || lasts=(-startdate 20200101000000Z -enddate "$UNTIL")
  shift 2
  [ -e "$dir/authority.key" ] || fail "$dir has no authority; first: certificates.sh authority $dir"
  [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$ ]] || fail "\"$name\" is no host.id"
  names="DNS:$name"
  for address in "${@:-127.0.0.1}"; do
    if [[ $address =~ ^[0-9.]+$ || $address == *:* ]]; then
      names+=",IP:$address"
    else
      names+=",DNS:$address"
    fi
  done
  mkdir -p "$dir/$name"
  make_key "$dir/$name/tls.key"
  openssl req -new -config "$dir/openssl.cnf" -key "$dir/$name/tls.key" -subj "/CN=$name" |
    openssl ca -batch -notext -config "$dir/openssl.cnf" -in /dev/stdin -out "$dir/$name/tls.crt" \
      "${lasts[@]}" -extfile <(printf '%s\n' "subjectAltName=$names" \
        basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature \
        extendedKeyUsage=serverAuth,clientAuth) 2>/dev/null ||
    fail "openssl could not sign the certificate of $name"
  cp "$dir/ca.crt" "$dir/$name/ca.crt"
  [ ! -e "$dir/revoked.crl" ] || cp "$dir/revoked.crl" "$dir/$name/revoked.crl"
  echo "$dir/$name: ca.crt, tls.crt ($names), tls.key"
}

revoke() {
  local dir=$1 name=$2
  [ -e "$dir/$name/tls.crt" ] || fail "$dir/$name has no certificate"
  openssl ca -config "$dir/openssl.cnf" -revoke "$dir/$name/tls.crt" 2>/dev/null ||
    fail "the certificate of $name is revoked already, or not of this authority"
  openssl ca -config "$dir/openssl.cnf" -gencrl -out "$dir/revoked.crl" 2>/dev/null
  echo "$dir: revoked.crl"
}

case "${1:-} $#" in
"authority 2") make_authority "$2" ;;
"host "*) [ $# -ge 3 ] || fail "host needs DIR and NAME"; make_host "${@:2}" ;;
"revoke 3") revoke "$2" "$3" ;;
*) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
