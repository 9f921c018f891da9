set encoding utf8
$p0_0 << EOD
0 230347.8
1 435452
2 536426.4
3 2852526.2
4 2874642.8
EOD
$p0_1 << EOD
0 211415.1
1 896147.6
2 1943756.8
3 8986719.6
4 9061047.5
EOD
$p0_2 << EOD
0 1022365.6
1 2751551.8
2 5301154.8
3 9592566
4 9671133.3
EOD
set terminal svg size 810,480 font 'sans-serif,14' background '#ffffff' name 'latency_oom_2'
set output 'latency-oom-2.svg'
set multiplot title 'oom: time to recovery, 2 threads' font ',16' noenhanced
reset
set lmargin at screen 0.1296
set rmargin at screen 0.7654
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title 'recovery' noenhanced offset 0,-0.4
set xlabel 'percentile' noenhanced
set ylabel 'latency' noenhanced offset 0.5,0
set key at screen 0.7963,0.80 left top Left reverse invert noenhanced samplen 2 spacing 1.3
set xtics ('p50' 0, 'p99' 1, 'p99.9' 2, 'p99.99' 3, 'max' 4) noenhanced
set xrange [-0.5:4.5]
set logscale y 10
set yrange [90000:*]
set ytics ('1 ns' 1, '10 ns' 1e1, '100 ns' 1e2, '1 µs' 1e3, '10 µs' 1e4, '100 µs' 1e5, '1 ms' 1e6, '10 ms' 1e7, '100 ms' 1e8, '1 s' 1e9, '10 s' 1e10)
plot $p0_2 with linespoints lc rgb '#E69F00' pt 13 ps 0.9 lw 1.8 dt 1 title 'tlsf', \
     $p0_1 with linespoints lc rgb '#882255' pt 2 ps 0.9 lw 1.8 dt 1 title 'slab', \
     $p0_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'wf'
unset multiplot
unset output
set terminal pngcairo size 810,480 font 'sans,11' background '#ffffff'
set output 'latency-oom-2.png'
set multiplot title 'oom: time to recovery, 2 threads' font ',16' noenhanced
reset
set lmargin at screen 0.1296
set rmargin at screen 0.7654
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title 'recovery' noenhanced offset 0,-0.4
set xlabel 'percentile' noenhanced
set ylabel 'latency' noenhanced offset 0.5,0
set key at screen 0.7963,0.80 left top Left reverse invert noenhanced samplen 2 spacing 1.3
set xtics ('p50' 0, 'p99' 1, 'p99.9' 2, 'p99.99' 3, 'max' 4) noenhanced
set xrange [-0.5:4.5]
set logscale y 10
set yrange [90000:*]
set ytics ('1 ns' 1, '10 ns' 1e1, '100 ns' 1e2, '1 µs' 1e3, '10 µs' 1e4, '100 µs' 1e5, '1 ms' 1e6, '10 ms' 1e7, '100 ms' 1e8, '1 s' 1e9, '10 s' 1e10)
plot $p0_2 with linespoints lc rgb '#E69F00' pt 13 ps 0.9 lw 1.8 dt 1 title 'tlsf', \
     $p0_1 with linespoints lc rgb '#882255' pt 2 ps 0.9 lw 1.8 dt 1 title 'slab', \
     $p0_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'wf'
unset multiplot
unset output
