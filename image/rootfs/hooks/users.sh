# Runs once the essential packages lie in the root file system $1 and before any other
# is installed, so that no package gives itself an id by install order.
# passwd and group are set by the caller.
set -eu
printf '%s' "$group" >>"$1/etc/group"
printf '%s' "$passwd" >>"$1/etc/passwd"
