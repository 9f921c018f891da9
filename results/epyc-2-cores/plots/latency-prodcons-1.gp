set encoding utf8
$p0_0 << EOD
0 30.4
1 40.4
2 45.25
3 155.65
4 123193.05
EOD
$p0_1 << EOD
0 30.4
1 35.4
2 40.4
3 164.85
4 96694.35
EOD
$p0_2 << EOD
0 30.4
1 40.4
2 100.55
3 981.45
4 123113.5
EOD
$p0_3 << EOD
0 30.4
1 35.4
2 60.1
3 271.15
4 302169.5
EOD
$p0_4 << EOD
0 30.4
1 70.1
2 80.1
3 256.5
4 124685.35
EOD
$p0_5 << EOD
0 30.4
1 60.9
2 85.5
3 175.65
4 160698.75
EOD
$p0_6 << EOD
0 40.4
1 45.25
2 60.1
3 230.35
4 112827.65
EOD
$p0_7 << EOD
0 40.4
1 40.4
2 50.1
3 201.05
4 75677.45
EOD
$p0_8 << EOD
0 50.1
1 55.5
2 60.9
3 184.9
4 83774.55
EOD
$p0_9 << EOD
0 30.4
1 30.4
2 35.4
3 140.2
4 67830.85
EOD
$p1_0 << EOD
0 30.4
1 40.4
2 45.25
3 165.65
4 83338.8
EOD
$p1_1 << EOD
0 30.4
1 35.4
2 40.4
3 159.45
4 173493.6
EOD
$p1_2 << EOD
0 30.4
1 40.4
2 95.15
3 981.45
4 171360.45
EOD
$p1_3 << EOD
0 30.4
1 40.4
2 55.5
3 190.3
4 158729.05
EOD
$p1_4 << EOD
0 40.4
1 45.25
2 50.1
3 251.9
4 70424.7
EOD
$p1_5 << EOD
0 40.4
1 120.15
2 151
3 252.65
4 131207.2
EOD
$p1_6 << EOD
0 40.4
1 55.5
2 65.5
3 261.15
4 306029.8
EOD
$p1_7 << EOD
0 40.4
1 50.1
2 60.9
3 246.5
4 50069.4
EOD
$p1_8 << EOD
0 50.1
1 50.1
2 70.1
3 200.3
4 69473.25
EOD
$p1_9 << EOD
0 30.4
1 30.4
2 35.4
3 140.2
4 85111.5
EOD
set terminal svg size 1450,480 font 'sans-serif,14' background '#ffffff' name 'latency_prodcons_1'
set output 'latency-prodcons-1.svg'
set multiplot title 'prodcons: latency of each call, 1 thread' font ',16' noenhanced
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
set output 'latency-prodcons-1.png'
set multiplot title 'prodcons: latency of each call, 1 thread' font ',16' noenhanced
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
