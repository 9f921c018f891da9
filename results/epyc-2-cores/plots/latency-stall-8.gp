set encoding utf8
$p0_0 << EOD
0 30.4
1 70.1
2 323.6
3 2884.3
4 20026037.4
EOD
$p0_1 << EOD
0 30.4
1 189.5
2 425.2
3 14791.2
4 20313680.3
EOD
$p0_2 << EOD
0 40.4
1 268.1
2 573.2
3 187749.5
4 16132772.9
EOD
$p0_3 << EOD
0 30.4
1 348.2
2 1269.6
3 27215.8
4 17354366.7
EOD
$p0_4 << EOD
0 40.4
1 412.9
2 2835
3 200371.3
4 15829199.1
EOD
$p0_5 << EOD
0 348.2
1 48063978.2
2 60584846.4
3 60584846.4
4 60740048
EOD
$p0_6 << EOD
0 212.6
1 622.5
2 1602.4
3 7573088.5
4 73244259.3
EOD
$p0_7 << EOD
0 161.8
1 3500.6
2 369188
3 1022366.7
4 10250895
EOD
$p0_8 << EOD
0 30.4
1 30.4
2 30.4
3 311.2
4 24020101.5
EOD
$p1_0 << EOD
0 30.4
1 140.2
2 342
3 7395.6
4 16052679.2
EOD
$p1_1 << EOD
0 30.4
1 70.1
2 231.1
3 21496.5
4 19407011.8
EOD
$p1_2 << EOD
0 30.4
1 131
2 323.6
3 2687.1
4 16041958
EOD
$p1_3 << EOD
0 30.4
1 212.6
2 875.1
3 23074.3
4 16731790
EOD
$p1_4 << EOD
0 40.4
1 311.2
2 1097
3 1173828.7
4 16062337.7
EOD
$p1_5 << EOD
0 573.2
1 43217076.8
2 59994211.5
3 59994211.5
4 59994211.5
EOD
$p1_6 << EOD
0 171
1 634.8
2 1602.4
3 7169190.4
4 68913350.2
EOD
$p1_7 << EOD
0 121.7
1 2637.8
2 356568.1
3 1022366.7
4 10593293.2
EOD
$p1_8 << EOD
0 30.4
1 30.4
2 30.4
3 311.2
4 20024510.4
EOD
set terminal svg size 1450,480 font 'sans-serif,14' background '#ffffff' name 'latency_stall_8'
set output 'latency-stall-8.svg'
set multiplot title 'stall: latency of each call, 8 threads' font ',16' noenhanced
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
plot $p0_8 with linespoints lc rgb '#BBBBBB' pt 1 ps 0.9 lw 1.8 dt 1 title 'null', \
     $p0_7 with linespoints lc rgb '#7F7F7F' pt 8 ps 0.9 lw 1.8 dt 1 title 'tlsf-mutex', \
     $p0_6 with linespoints lc rgb '#56B4E9' pt 6 ps 0.9 lw 1.8 dt 1 title 'tlsf-spin', \
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
plot $p1_8 with linespoints lc rgb '#BBBBBB' pt 1 ps 0.9 lw 1.8 dt 1 title 'null', \
     $p1_7 with linespoints lc rgb '#7F7F7F' pt 8 ps 0.9 lw 1.8 dt 1 title 'tlsf-mutex', \
     $p1_6 with linespoints lc rgb '#56B4E9' pt 6 ps 0.9 lw 1.8 dt 1 title 'tlsf-spin', \
     $p1_5 with linespoints lc rgb '#882255' pt 2 ps 0.9 lw 1.8 dt 1 title 'slab', \
     $p1_4 with linespoints lc rgb '#000000' pt 4 ps 0.9 lw 1.8 dt 1 title 'glibc', \
     $p1_3 with linespoints lc rgb '#CC79A7' pt 11 ps 0.9 lw 1.8 dt 1 title 'jemalloc', \
     $p1_2 with linespoints lc rgb '#009E73' pt 9 ps 0.9 lw 1.8 dt 1 title 'mimalloc', \
     $p1_1 with linespoints lc rgb '#0072B2' pt 5 ps 0.9 lw 1.8 dt 1 title 'tcmalloc', \
     $p1_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'wf'
unset multiplot
unset output
set terminal pngcairo size 1450,480 font 'sans,11' background '#ffffff'
set output 'latency-stall-8.png'
set multiplot title 'stall: latency of each call, 8 threads' font ',16' noenhanced
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
plot $p0_8 with linespoints lc rgb '#BBBBBB' pt 1 ps 0.9 lw 1.8 dt 1 title 'null', \
     $p0_7 with linespoints lc rgb '#7F7F7F' pt 8 ps 0.9 lw 1.8 dt 1 title 'tlsf-mutex', \
     $p0_6 with linespoints lc rgb '#56B4E9' pt 6 ps 0.9 lw 1.8 dt 1 title 'tlsf-spin', \
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
plot $p1_8 with linespoints lc rgb '#BBBBBB' pt 1 ps 0.9 lw 1.8 dt 1 title 'null', \
     $p1_7 with linespoints lc rgb '#7F7F7F' pt 8 ps 0.9 lw 1.8 dt 1 title 'tlsf-mutex', \
     $p1_6 with linespoints lc rgb '#56B4E9' pt 6 ps 0.9 lw 1.8 dt 1 title 'tlsf-spin', \
     $p1_5 with linespoints lc rgb '#882255' pt 2 ps 0.9 lw 1.8 dt 1 title 'slab', \
     $p1_4 with linespoints lc rgb '#000000' pt 4 ps 0.9 lw 1.8 dt 1 title 'glibc', \
     $p1_3 with linespoints lc rgb '#CC79A7' pt 11 ps 0.9 lw 1.8 dt 1 title 'jemalloc', \
     $p1_2 with linespoints lc rgb '#009E73' pt 9 ps 0.9 lw 1.8 dt 1 title 'mimalloc', \
     $p1_1 with linespoints lc rgb '#0072B2' pt 5 ps 0.9 lw 1.8 dt 1 title 'tcmalloc', \
     $p1_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'wf'
unset multiplot
unset output
