#!/bin/sh
# usage: count_tests.sh STATUS EVENTS...
#        count_tests.sh --list EVENTS...
#
# Prints the failures and then, as its last line, "N passed, M failed". EVENTS are
# what `bazel test --build_event_json_file` wrote, one event a line; they name the
# targets and each test's XML. A GoogleTest case counts as one, so does a test that
# is no GoogleTest, and so does a target that does not build. STATUS is bazel's:
# when it tells of a failure that no event shows, that counts as one as well.
# Exits with 1 if anything failed. Below the failures of a test that draws lots
# stands what it says itself of how to repeat them.
#
# A line "check PASSED NAME" or "check FAILED NAME" among the events is a test that
# Bazel knows nothing of. With --list it prints each case instead, in four columns
# with tabs between: the name of the events' file, the target, the case, and
# "passed", "failed" or "skipped".
status=$1
shift

list=0
[ "$status" != --list ] || list=1

exec awk -v status="$status" -v list="$list" '
# The text between two markers of the event, or "" if it is not there.
function between(before, after,   start, rest) {
  start = index($0, before)
  if (!start) return ""
  rest = substr($0, start + length(before))
  return substr(rest, 1, index(rest, after) - 1)
}

function fail(what) {
  failed++
  if (!list) print "FAILED " what
}

function note(outcome) {
  if (list) printf "%s\t%s\t%s\t%s\n", source, label, name, outcome
}

function end_case() {
  if (name == "") return
  note(case_failed ? "failed" : "passed")
  if (case_failed) fail(where label " " name)
  if (!case_failed) passed++
  name = ""
}

# Tells from where the current event came; for other machines than the host that
# is said of a failure, too.
function set_source(file) {
  source = file
  sub(/.*\//, "", source)
  where = source ~ /^(host|consumer|fuzz)$/ ? "" : source " "
}

function attribute(line, key,   start) {
  start = index(line, " " key "=\"")
  if (!start) return ""
  line = substr(line, start + length(key) + 3)
  return substr(line, 1, index(line, "\"") - 1)
}

# Counts the cases of one XML file; returns whether there is such a file.
function count_cases(file,   line, found, quoted) {
  while ((getline line < file) > 0) {
    found = 1
    # Output of the test may look like anything, and stands in CDATA.
    if (quoted) {
      quoted = !index(line, "]]>")
      continue
    }
    if (line ~ /^ *<testcase /) {
      end_case()
      if (line ~ / status="notrun"/ || line ~ / result="skipped"/) {
        skipped++
      }
      name = attribute(line, "classname")
      name = (name == "" ? "" : name ".") attribute(line, "name")
      if (line ~ / status="notrun"/ || line ~ / result="skipped"/) {
        note("skipped")
        name = ""
      }
      case_failed = 0
    }
    if (line ~ /<(failure|error)[ >]/) case_failed = 1
    quoted = line ~ /<!\[CDATA\[/ && line !~ /\]\]>/
  }
  end_case()
  close(file)
  return found
}

# Prints the lines of a log that tell how to repeat what failed (of the torture
# tests: tests/torture/repeat.h), each with the command that follows it.
function print_repeats(file,   line, command) {
  while ((getline line < file) > 0) {
    if (line ~ /^torture: .* To repeat its draws:$/ && !command) {
      print "  " line
      command = 1
    } else if (command) {
      print "  " line
      command = 0
    }
  }
  close(file)
}

/^[{]"id":{"targetCompleted":/ {
  if (!index($0, "\"completed\":{\"success\":true") &&
      !index($0, "\"aborted\":{\"reason\":\"SKIPPED\""))
  {
    set_source(FILENAME)
    fail(where between("\"label\":\"", "\"") " (does not build)")
  }
}

/^check (PASSED|FAILED) / {
  if ($2 == "PASSED") passed++
  if ($2 == "FAILED") fail(substr($0, 14))
}

# Of a flaky test that is tried again, the last attempt is the one that counts.
/^[{]"id":{"testResult":/ {
  run = FILENAME between("\"testResult\":", ",\"attempt\"")
  if (!(run in result)) order[++runs] = run
  result[run] = $0
  file_of[run] = FILENAME
}

END {
  for (i = 1; i <= runs; i++) {
    $0 = result[order[i]]
    set_source(file_of[order[i]])
    label = between("\"label\":\"", "\"")
    outcome = between("\"status\":\"", "\"")
    before = failed
    found = count_cases(between("\"name\":\"test.xml\",\"uri\":\"file://", "\""))
    good = outcome == "PASSED" || outcome == "FLAKY"
    if (good && !found) {
      passed++
      note("passed")
    }
    if (!good && failed == before) {
      fail(where label " (" outcome ")")
      note("failed")
    }
    if (!good && !list) {
      print_repeats(between("\"name\":\"test.log\",\"uri\":\"file://", "\""))
    }
  }
  if (list) exit 0
  if (status != 0 && !failed) fail("bazel itself, with exit status " status)
  if (skipped) print skipped " skipped"
  printf "%d passed, %d failed\n", passed, failed
  exit failed != 0
}' "$@"
