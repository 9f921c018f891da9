#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Broken allocators must show: in the exit code, in the table, in the CSV, with the reason.
# usage: faulty.sh PROGRAM FOLDER
set -uo pipefail

program=$1
csv=$2/faulty.csv
failures=0

complain() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# expect_failure ALLOCATOR SCENARIO REASON [OTHER]: the measurement fails for that reason, while the one of the other, a
# sound allocator, goes on.
expect_failure() {
    local output other=${4:-sound}
    output=$("$program" --scenario "$2" --allocators "$1,$other" --repeats 1 --ops 20000 --timeout 10 \
        --csv "$csv" 2>&1)
    (($? == 1)) || complain "$1 in $2: the exit code is not 1"
    grep -q "$3" <<<"$output" || complain "$1 in $2: the output does not say '$3'"
    grep -q "$1 .*FAILED" <<<"$output" || complain "$1 in $2: the table does not say FAILED"
    grep -Eq "^$2,[^,]*,$1,1,0,,,,,*$" "$csv" || complain "$1 in $2: the CSV holds no empty row"
    grep -q "^# $2 $1 .*$3" "$csv" || complain "$1 in $2: the CSV does not give the reason"
    grep -Eq "^$2,[^,]*,$other,1,0,[0-9]+,[0-9.]+,[0-9.]+" "$csv" || complain "$1 in $2: the others were not measured"
}

expect_failure crashes slots "signal 11"
expect_failure hangs slots "no end after 10 s"
expect_failure quits slots "exit code 7"
expect_failure twice slots "blocks changed"
expect_failure twice burst "blocks changed"
expect_failure twice larson "blocks changed"
expect_failure twice prodcons "blocks changed"
expect_failure twice-frames frames "blocks changed" null

expect_failure loses oom "the primary heap has"

"$program" --scenario slots --allocators refuses --repeats 1 --ops 20000 --csv "$csv" >/dev/null 2>&1 ||
    complain "refuses: NULL is an answer, not a failure"
awk -F, '$3 == "refuses" { seen = $NF } END { exit !(seen > 100) }' "$csv" ||
    complain "refuses: failed allocations are not counted"

output=$("$program" --scenario slots --allocators absent 2>&1) && complain "absent: the exit code is 0"
grep -q "absent cannot be opened: it does not exist" <<<"$output" || complain "absent: the output does not say why"

((failures == 0)) && echo "every broken allocator was reported"
exit $((failures != 0))
