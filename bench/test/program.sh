#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the program as a user would: every scenario, its CSV, and wrong arguments. usage: program.sh PROGRAM FOLDER
set -uo pipefail

program=$1
csv=$2/program.csv
failures=0
columns=scenario,variant,allocator,threads,repeat,ops,seconds,mops_per_s
columns+=,alloc_p50_ns,alloc_p99_ns,alloc_p999_ns,alloc_p9999_ns,alloc_max_ns
columns+=,free_p50_ns,free_p99_ns,free_p999_ns,free_p9999_ns,free_max_ns
columns+=,region_bytes,requested_bytes,utilisation,peak_bytes,failed_allocs

complain() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# wrong WORDS ARGUMENT...: refused with exit code 2 and one line that says so.
wrong() {
    local words=$1 output
    shift
    output=$("$program" "$@" 2>&1)
    (($? == 2)) || complain "$*: the exit code is not 2"
    [[ $output == *"$words"* && $(wc -l <<<"$output") == 1 ]] || complain "$*: says '$output', not '$words'"
}

wrong "is missing"
wrong "is no scenario" --scenario nonsense
wrong "is no allocator" --scenario pair --allocators nonsense
wrong "is no allocator" --scenario pair --base nonsense
wrong "is no variant" --scenario pair --variant nonsense
wrong "whole number from 1 to 512" --scenario pair --threads 0
wrong "whole number from 1 to 512" --scenario pair --threads 1,x
wrong "whole number from 1 to 512" --scenario pair --threads 513
wrong "none of them empty" --scenario pair,
wrong "number of seconds" --scenario pair --seconds -1
wrong "number of seconds" --scenario pair --seconds nan
wrong "whole number from 1 to 1000" --scenario pair --repeats 1.5
wrong "whole number" --scenario pair --seed -3
wrong "lacks its value" --scenario
wrong "is no option" --scenario pair --nonsense 1
wrong "is no option" pair
wrong "fits none of the allocators" --scenario pair,frames --allocators wf
wrong "fits none of the scenarios" --scenario frames --allocators frame,wf
wrong "fits none of the allocators" --scenario oom --allocators jemalloc,frame,null
wrong "fits none of the allocators" --direct --scenario frames --variant 8 --allocators wf --threads 1
wrong "needs one scenario" --direct --scenario burst --allocators null --threads 1

"$program" --scenario pair --allocators null --csv "$2/no/such/folder.csv" >/dev/null 2>&1 &&
    complain "a CSV that cannot be written is no failure"
"$program" --scenario stall --allocators null --threads 1 >/dev/null 2>&1 &&
    complain "nothing to do is no failure"

list=$("$program" --list) || complain "--list fails"
for name in null wf slab tlsf tlsf-spin tlsf-mutex jemalloc mimalloc tcmalloc glibc frame buddy buddy-mcs \
    pair burst slots larson prodcons rcu phase fill stall frag drift freesize frames oom; do
    grep -q "^  $name " <<<"$list" || complain "--list does not name $name"
done

# Every allocator, every scenario: short, but whole.
run() {
    "$program" --repeats 1 --seconds 0.02 --timeout 60 --csv "$csv" "$@" >"$csv.log" 2>&1 ||
        { complain "$* fails"; tail -n 3 "$csv.log"; }
    grep -v '^#' "$csv" | head -n 1 | grep -qx "$columns" || complain "$*: the CSV's columns are others"
    awk -F, '!/^#/ && NF != 23 { exit 1 }' "$csv" || complain "$*: a row of the CSV has too few or too many fields"
}
rows() {
    grep -Ec "$1" "$csv"
}

run --scenario pair,slots,prodcons --threads 1,2 --allocators all
(($(rows '^(pair|slots|prodcons),') == 3 * 2 * 10)) || complain "rows are missing"
run --scenario burst,larson,rcu,drift --threads 2,3 --allocators wf,tlsf-mutex,jemalloc
(($(rows '^(burst|larson|rcu|drift),') == 6 * 2 * 4)) || complain "rows are missing"
(($(rows '^# series drift log16384 wf ') >= 2)) || complain "drift has no high-water marks"
run --scenario frames --threads 1,2 --allocators all
(($(rows '^frames,(1|8|512|mix),(frame|buddy|buddy-mcs|null),') == 4 * 2 * 4 && $(rows '^frames,') == 4 * 2 * 4)) ||
    complain "rows of frames are missing, or others are there"
awk -F, '/^frames,/ && $NF != 0 { exit 1 }' "$csv" || complain "frames has failed allocations"
run --scenario oom --threads 1,2 --allocators all
(($(rows '^oom,') == 2 * 3 && $(rows '^# oom (wf|tlsf|slab) threads=[12] repeat=0: nothing was lost') == 2 * 3)) ||
    complain "oom does not tell of three heaps that they lost nothing"
run --scenario stall --threads 2 --allocators wf,mimalloc --latency
(($(rows '^# stall wf threads=2 repeat=0: [0-9]+ calls of the others took over 1 ms') == 1)) ||
    complain "stall does not count slow calls"
run --scenario phase,frag --allocators wf,slab,tlsf,glibc
(($(rows '^phase,[1-4]:[0-9]+,wf,') == 4 && $(rows '^# series frag walk wf ') == 21)) ||
    complain "steps of phase or frag are missing"
run --scenario fill --variant 4096,1048576 --allocators frame,buddy
awk -F, '/^fill,4096,(frame|buddy),/ && $21 > 0.99 { found++ } END { exit found != 2 }' "$csv" ||
    complain "utilisation of frames is not what it was"
run --scenario fill,freesize --variant 64,1048576,16MiB --allocators wf,slab,tlsf,tcmalloc
awk -F, '/^fill,/ && $3 ~ /^(wf|slab|tlsf)$/ && !($21 > 0.2 && $21 <= 1) { exit 1 }' "$csv" ||
    complain "utilisation of fill is none"
awk -F, '/^freesize,/ && !($18 >= $14 && $14 > 0) { exit 1 }' "$csv" || complain "freesize has no latencies"

# The same seed and number of calls on one thread: the same work.
first=$("$program" --direct --scenario slots --allocators tlsf --threads 1 --ops 100000 | cut -d, -f1 | cut -d: -f2)
again=$("$program" --direct --scenario slots --allocators tlsf --threads 1 --ops 100000 | cut -d, -f1 | cut -d: -f2)
[[ ${first%% in*} == "${again%% in*}" && $first == *calls* ]] || complain "--ops is not deterministic: $first, $again"

((failures == 0)) && echo "the program does what its command line says"
exit $((failures != 0))
