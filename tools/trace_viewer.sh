#!/bin/sh
# Prints the folder of the trace viewer (that of chrome://tracing) that Go's sources
# have, nothing if they are not installed.
for folder in /usr/share/go-*/src/cmd/trace/static \
  /usr/share/go-*/src/internal/trace/traceviewer/static; do
  [ ! -f "$folder/trace_viewer_full.html" ] || found=$folder
done
echo "${found:-}"
