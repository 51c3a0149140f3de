#!/bin/sh
# What ./jiffy test says last: how many cases passed and failed, and of a test that
# draws lots how to repeat what failed.
#
#   count_tests_test.sh COUNT_TESTS
set -eu

count_tests=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# event LABEL STATUS NAME: a test result whose files are NAME.log and NAME.xml.
event() {
  printf '{"id":{"testResult":{"label":"%s","run":1,"attempt":1}},"testResult":{"testActionOutput":[{"name":"test.log","uri":"file://%s"},{"name":"test.xml","uri":"file://%s"}],"status":"%s"}}\n' \
    "$1" "$folder/$3.log" "$folder/$3.xml" "$2"
}

cat >"$folder/good.xml" <<'XML'
<testsuites>
  <testsuite name="Good">
    <testcase name="One" status="run" result="completed" classname="Good" />
  </testsuite>
</testsuites>
XML
cat >"$folder/bad.xml" <<'XML'
<testsuites>
  <testsuite name="Crowd">
    <testcase name="rr_50us" status="run" result="completed" classname="Crowd">
      <failure message="x"><![CDATA[x]]></failure>
    </testcase>
  </testsuite>
</testsuites>
XML
cat >"$folder/bad.log" <<'LOG'
--torture_seed=5
torture: Crowd.rr_50us failed. To repeat its draws:
  ./jiffy test //a:bad --test_arg=--torture_seed=5
LOG
# It was ended, and wrote no XML.
cp "$folder/bad.log" "$folder/late.log"
{
  event //a:good PASSED good
  event //a:bad FAILED bad
  event //a:late TIMEOUT late
} >"$folder/host"

cat >"$folder/wanted" <<'TEXT'
FAILED //a:bad Crowd.rr_50us
  torture: Crowd.rr_50us failed. To repeat its draws:
    ./jiffy test //a:bad --test_arg=--torture_seed=5
FAILED //a:late (TIMEOUT)
  torture: Crowd.rr_50us failed. To repeat its draws:
    ./jiffy test //a:bad --test_arg=--torture_seed=5
1 passed, 2 failed
TEXT
status=0
"$count_tests" 3 "$folder/host" >"$folder/got" || status=$?
[ "$status" -eq 1 ] || { echo "it ended with $status"; exit 1; }
diff "$folder/wanted" "$folder/got"
