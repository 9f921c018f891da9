set encoding utf8
$p0_0 << EOD
0 30.4
1 60.1
2 155.6
3 432.95
4 294657.8
EOD
$p0_1 << EOD
0 30.4
1 80.9
2 261.9
3 530.05
4 104836.4
EOD
$p0_2 << EOD
0 40.4
1 164.85
2 335.85
3 1072.35
4 148665.95
EOD
$p0_3 << EOD
0 30.4
1 271.15
2 887.5
3 2120.05
4 160403.45
EOD
$p0_4 << EOD
0 40.4
1 425.25
2 665.6
3 1571.55
4 100594.5
EOD
$p0_5 << EOD
0 40.4
1 542.35
2 801.2
3 1466.75
4 386769.25
EOD
$p0_6 << EOD
0 50.1
1 329.7
2 456.05
3 1143.25
4 172240.8
EOD
$p0_7 << EOD
0 40.4
1 155.6
2 363.6
3 671.8
4 98210.9
EOD
$p0_8 << EOD
0 55.5
1 345.1
2 505.4
3 1824.25
4 106478.25
EOD
$p0_9 << EOD
0 30.4
1 30.4
2 40.4
3 140.25
4 73249.55
EOD
$p1_0 << EOD
0 35.4
1 70.9
2 204.15
3 560.85
4 173137.25
EOD
$p1_1 << EOD
0 30.4
1 60.9
2 246.5
3 499.2
4 91316.45
EOD
$p1_2 << EOD
0 30.4
1 80.1
2 280.4
3 604
4 71716.6
EOD
$p1_3 << EOD
0 30.4
1 166.4
2 542.35
3 1417.5
4 106768.7
EOD
$p1_4 << EOD
0 40.4
1 207.2
2 423.7
3 822.75
4 87795.45
EOD
$p1_5 << EOD
0 40.4
1 212.6
2 354.35
3 567
4 122166.4
EOD
$p1_6 << EOD
0 50.1
1 210.3
2 375.95
3 1087.75
4 207423.05
EOD
$p1_7 << EOD
0 40.4
1 231.1
2 408.3
3 859.75
4 94635.6
EOD
$p1_8 << EOD
0 55.5
1 224.95
2 408.3
3 1371.25
4 114740.5
EOD
$p1_9 << EOD
0 30.4
1 30.4
2 40.4
3 165.65
4 76829.9
EOD
set terminal svg size 1450,480 font 'sans-serif,14' background '#ffffff' name 'latency_slots_1'
set output 'latency-slots-1.svg'
set multiplot title 'slots: latency of each call, 1 thread' font ',16' noenhanced
reset
set lmargin at screen 0.0724
set rmargin at screen 0.4276
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title 'alloc' noenhanced offset 0,-0.4
set xlabel 'percentile' noenhanced
set ylabel 'latency' noenhanced offset 0.5,0
unset key
set xtics ('p50' 0, 'p99' 1, 'p99.9' 2, 'p99.99' 3, 'max' 4) noenhanced
set xrange [-0.5:4.5]
set logscale y 10
set yrange [9:*]
set ytics ('1 ns' 1, '10 ns' 1e1, '100 ns' 1e2, '1 µs' 1e3, '10 µs' 1e4, '100 µs' 1e5, '1 ms' 1e6, '10 ms' 1e7, '100 ms' 1e8, '1 s' 1e9, '10 s' 1e10)
plot $p0_9 with linespoints lc rgb '#BBBBBB' pt 1 ps 0.9 lw 1.8 dt 1 title 'null', \
     $p0_8 with linespoints lc rgb '#7F7F7F' pt 8 ps 0.9 lw 1.8 dt 1 title 'tlsf-mutex', \
     $p0_7 with linespoints lc rgb '#56B4E9' pt 6 ps 0.9 lw 1.8 dt 1 title 'tlsf-spin', \
     $p0_6 with linespoints lc rgb '#E69F00' pt 13 ps 0.9 lw 1.8 dt 1 title 'tlsf', \
     $p0_5 with linespoints lc rgb '#882255' pt 2 ps 0.9 lw 1.8 dt 1 title 'slab', \
     $p0_4 with linespoints lc rgb '#000000' pt 4 ps 0.9 lw 1.8 dt 1 title 'glibc', \
     $p0_3 with linespoints lc rgb '#CC79A7' pt 11 ps 0.9 lw 1.8 dt 1 title 'jemalloc', \
     $p0_2 with linespoints lc rgb '#009E73' pt 9 ps 0.9 lw 1.8 dt 1 title 'mimalloc', \
     $p0_1 with linespoints lc rgb '#0072B2' pt 5 ps 0.9 lw 1.8 dt 1 title 'tcmalloc', \
     $p0_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'wf'
reset
set lmargin at screen 0.5138
set rmargin at screen 0.8690
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title 'free' noenhanced offset 0,-0.4
set xlabel 'percentile' noenhanced
set ylabel 'latency' noenhanced offset 0.5,0
set key at screen 0.8862,0.80 left top Left reverse invert noenhanced samplen 2 spacing 1.3
set xtics ('p50' 0, 'p99' 1, 'p99.9' 2, 'p99.99' 3, 'max' 4) noenhanced
set xrange [-0.5:4.5]
set logscale y 10
set yrange [9:*]
set ytics ('1 ns' 1, '10 ns' 1e1, '100 ns' 1e2, '1 µs' 1e3, '10 µs' 1e4, '100 µs' 1e5, '1 ms' 1e6, '10 ms' 1e7, '100 ms' 1e8, '1 s' 1e9, '10 s' 1e10)
plot $p1_9 with linespoints lc rgb '#BBBBBB' pt 1 ps 0.9 lw 1.8 dt 1 title 'null', \
     $p1_8 with linespoints lc rgb '#7F7F7F' pt 8 ps 0.9 lw 1.8 dt 1 title 'tlsf-mutex', \
     $p1_7 with linespoints lc rgb '#56B4E9' pt 6 ps 0.9 lw 1.8 dt 1 title 'tlsf-spin', \
     $p1_6 with linespoints lc rgb '#E69F00' pt 13 ps 0.9 lw 1.8 dt 1 title 'tlsf', \
     $p1_5 with linespoints lc rgb '#882255' pt 2 ps 0.9 lw 1.8 dt 1 title 'slab', \
     $p1_4 with linespoints lc rgb '#000000' pt 4 ps 0.9 lw 1.8 dt 1 title 'glibc', \
     $p1_3 with linespoints lc rgb '#CC79A7' pt 11 ps 0.9 lw 1.8 dt 1 title 'jemalloc', \
     $p1_2 with linespoints lc rgb '#009E73' pt 9 ps 0.9 lw 1.8 dt 1 title 'mimalloc', \
     $p1_1 with linespoints lc rgb '#0072B2' pt 5 ps 0.9 lw 1.8 dt 1 title 'tcmalloc', \
     $p1_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'wf'
unset multiplot
unset output
set terminal pngcairo size 1450,480 font 'sans,11' background '#ffffff'
set output 'latency-slots-1.png'
set multiplot title 'slots: latency of each call, 1 thread' font ',16' noenhanced
reset
set lmargin at screen 0.0724
set rmargin at screen 0.4276
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title 'alloc' noenhanced offset 0,-0.4
set xlabel 'percentile' noenhanced
set ylabel 'latency' noenhanced offset 0.5,0
unset key
set xtics ('p50' 0, 'p99' 1, 'p99.9' 2, 'p99.99' 3, 'max' 4) noenhanced
set xrange [-0.5:4.5]
set logscale y 10
set yrange [9:*]
set ytics ('1 ns' 1, '10 ns' 1e1, '100 ns' 1e2, '1 µs' 1e3, '10 µs' 1e4, '100 µs' 1e5, '1 ms' 1e6, '10 ms' 1e7, '100 ms' 1e8, '1 s' 1e9, '10 s' 1e10)
plot $p0_9 with linespoints lc rgb '#BBBBBB' pt 1 ps 0.9 lw 1.8 dt 1 title 'null', \
     $p0_8 with linespoints lc rgb '#7F7F7F' pt 8 ps 0.9 lw 1.8 dt 1 title 'tlsf-mutex', \
     $p0_7 with linespoints lc rgb '#56B4E9' pt 6 ps 0.9 lw 1.8 dt 1 title 'tlsf-spin', \
     $p0_6 with linespoints lc rgb '#E69F00' pt 13 ps 0.9 lw 1.8 dt 1 title 'tlsf', \
     $p0_5 with linespoints lc rgb '#882255' pt 2 ps 0.9 lw 1.8 dt 1 title 'slab', \
     $p0_4 with linespoints lc rgb '#000000' pt 4 ps 0.9 lw 1.8 dt 1 title 'glibc', \
     $p0_3 with linespoints lc rgb '#CC79A7' pt 11 ps 0.9 lw 1.8 dt 1 title 'jemalloc', \
     $p0_2 with linespoints lc rgb '#009E73' pt 9 ps 0.9 lw 1.8 dt 1 title 'mimalloc', \
     $p0_1 with linespoints lc rgb '#0072B2' pt 5 ps 0.9 lw 1.8 dt 1 title 'tcmalloc', \
     $p0_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'wf'
reset
set lmargin at screen 0.5138
set rmargin at screen 0.8690
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title 'free' noenhanced offset 0,-0.4
set xlabel 'percentile' noenhanced
set ylabel 'latency' noenhanced offset 0.5,0
set key at screen 0.8862,0.80 left top Left reverse invert noenhanced samplen 2 spacing 1.3
set xtics ('p50' 0, 'p99' 1, 'p99.9' 2, 'p99.99' 3, 'max' 4) noenhanced
set xrange [-0.5:4.5]
set logscale y 10
set yrange [9:*]
set ytics ('1 ns' 1, '10 ns' 1e1, '100 ns' 1e2, '1 µs' 1e3, '10 µs' 1e4, '100 µs' 1e5, '1 ms' 1e6, '10 ms' 1e7, '100 ms' 1e8, '1 s' 1e9, '10 s' 1e10)
plot $p1_9 with linespoints lc rgb '#BBBBBB' pt 1 ps 0.9 lw 1.8 dt 1 title 'null', \
     $p1_8 with linespoints lc rgb '#7F7F7F' pt 8 ps 0.9 lw 1.8 dt 1 title 'tlsf-mutex', \
     $p1_7 with linespoints lc rgb '#56B4E9' pt 6 ps 0.9 lw 1.8 dt 1 title 'tlsf-spin', \
     $p1_6 with linespoints lc rgb '#E69F00' pt 13 ps 0.9 lw 1.8 dt 1 title 'tlsf', \
     $p1_5 with linespoints lc rgb '#882255' pt 2 ps 0.9 lw 1.8 dt 1 title 'slab', \
     $p1_4 with linespoints lc rgb '#000000' pt 4 ps 0.9 lw 1.8 dt 1 title 'glibc', \
     $p1_3 with linespoints lc rgb '#CC79A7' pt 11 ps 0.9 lw 1.8 dt 1 title 'jemalloc', \
     $p1_2 with linespoints lc rgb '#009E73' pt 9 ps 0.9 lw 1.8 dt 1 title 'mimalloc', \
     $p1_1 with linespoints lc rgb '#0072B2' pt 5 ps 0.9 lw 1.8 dt 1 title 'tcmalloc', \
     $p1_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'wf'
unset multiplot
unset output
