#!/bin/sh
# Runs every command of docs/lab.md and docs/tracing.md as it is written there, in
# a folder where ./jiffy and the workloads are.
set -eu
here=$PWD
folder=$TEST_TMPDIR/docs
mkdir -p "$folder"
cat >"$folder/jiffy" <<END
#!/bin/sh
command=\$1
shift
case \$command in
  lab) exec "$here/tools/lab/lab" "\$@" ;;
  demo) exec "$here/examples/demo" "\$@" ;;
esac
echo "no command \$command here" >&2
exit 1
END
chmod +x "$folder/jiffy"
mkdir "$folder/examples"
ln -s "$here/examples/workloads" "$folder/examples/workloads"
# In code blocks only; a command is a line.
awk '/^```/ { code = !code } code && /^([A-Z_]+=[^ ]+ )?\.\/jiffy /' \
  docs/lab.md docs/tracing.md >"$folder/commands"
commands=$(wc -l <"$folder/commands")
[ "$commands" -ge 15 ] || { echo "only $commands commands found"; exit 1; }
cd "$folder"
failed=0
while read -r line; do
  : >errors
  if ! sh -c "$line" >output 2>errors </dev/null; then
    echo "FAILED: $line"
    failed=1
  elif grep -v '^jiffy lab: note: ' errors; then
    echo "COMPLAINS: $line"
    failed=1
  fi
  cat errors
  file=$(printf '%s\n' "$line" | sed -nE \
    's/.*(--html[ =]|--trace[ =]|JIFFY_TRACE=)([^ ]*).*/\2/p')
  [ -z "$file" ] || [ -s "$file" ] || { echo "NO FILE: $line"; failed=1; }
done <commands
exit "$failed"
