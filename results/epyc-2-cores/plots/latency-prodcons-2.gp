set encoding utf8
$p0_0 << EOD
0 30.4
1 80.9
2 180.3
3 1402.05
4 1306556.7
EOD
$p0_1 << EOD
0 30.4
1 1134
2 1479.1
3 2440.55
4 104780.7
EOD
$p0_2 << EOD
0 30.4
1 164.1
2 1774.95
3 6236.95
4 6090405.45
EOD
$p0_3 << EOD
0 30.4
1 449.9
2 677.95
3 986.1
4 113529.2
EOD
$p0_4 << EOD
0 30.4
1 548.5
2 659.45
3 1608.55
4 1099754.3
EOD
$p0_5 << EOD
0 30.4
1 305.05
2 379
3 548.5
4 843588
EOD
$p0_6 << EOD
0 283.5
1 366.7
2 591.65
3 29878.25
4 1905374.95
EOD
$p0_7 << EOD
0 152.15
1 308.55
2 473
3 1881.25
4 3515885.95
EOD
$p0_8 << EOD
0 175.65
1 1947.5
2 3895.05
3 35498.9
4 1110933.4
EOD
$p0_9 << EOD
0 30.4
1 30.4
2 40.4
3 140.2
4 2039201.05
EOD
$p1_0 << EOD
0 40.4
1 124.8
2 224.95
3 1500.7
4 4546431.45
EOD
$p1_1 << EOD
0 60.9
1 1429.8
2 1651.7
3 3402
4 1684384.15
EOD
$p1_2 << EOD
0 45.25
1 140.2
2 212.6
3 987.65
4 740800.95
EOD
$p1_3 << EOD
0 60.9
1 517.7
2 727.25
3 1436
4 5905395.85
EOD
$p1_4 << EOD
0 75.5
1 187.2
2 301.95
3 1268.05
4 7101494
EOD
$p1_5 << EOD
0 40.4
1 231.1
2 375.95
3 542.35
4 1364506.65
EOD
$p1_6 << EOD
0 283.5
1 372.9
2 668.7
3 26032.5
4 1928964.95
EOD
$p1_7 << EOD
0 152.15
1 250.35
2 387.5
3 2374.3
4 5238738.65
EOD
$p1_8 << EOD
0 360.55
1 1516.1
2 3586.9
3 33526.75
4 2009941.1
EOD
$p1_9 << EOD
0 30.4
1 30.4
2 40.4
3 204.15
4 738357.25
EOD
set terminal svg size 1450,480 font 'sans-serif,14' background '#ffffff' name 'latency_prodcons_2'
set output 'latency-prodcons-2.svg'
set multiplot title 'prodcons: latency of each call, 2 threads' font ',16' noenhanced
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
set output 'latency-prodcons-2.png'
set multiplot title 'prodcons: latency of each call, 2 threads' font ',16' noenhanced
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
