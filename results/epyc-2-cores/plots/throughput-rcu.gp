set encoding utf8
$p0_0 << EOD
1 3.8643
2 4.0524
4 3.2693
8 2.9833
16 2.2468
EOD
$p0_1 << EOD
1 4.2299
2 4.1589
4 3.4077
8 3.3078
16 2.4249
EOD
$p0_2 << EOD
1 4.1218
2 4.1782
4 3.2775
8 2.7877
16 2.0648
EOD
$p0_3 << EOD
1 3.3612
2 3.9358
4 3.2144
8 2.8859
16 2.0507
EOD
$p0_4 << EOD
1 3.965
2 4.2377
4 3.6879
8 2.9006
16 2.1121
EOD
$p0_5 << EOD
1 0.2335
2 2.5037
4 0.2683
8 0.142
16 0.4824
EOD
$p0_6 << EOD
1 0.0436
2 0.0835
EOD
$p0_7 << EOD
1 4.066
2 4.5513
4 3.002
8 2.0901
16 1.4418
EOD
$p0_8 << EOD
1 4.5041
2 4.6499
4 3.5347
8 3.0602
16 2.4117
EOD
set terminal svg size 810,480 font 'sans-serif,14' background '#ffffff' name 'throughput_rcu'
set output 'throughput-rcu.svg'
set multiplot title 'rcu: throughput over threads' font ',16' noenhanced
reset
set lmargin at screen 0.1296
set rmargin at screen 0.7654
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title '' noenhanced offset 0,-0.4
set xlabel 'threads' noenhanced
set ylabel 'million operations a second' noenhanced offset 0.5,0
set key at screen 0.7963,0.80 left top Left reverse invert noenhanced samplen 2 spacing 1.3
set logscale x 2
set xrange [0.909091:17.6]
set xtics ('1' 1, '2' 2, '4' 4, '8' 8, '16' 16) noenhanced
set yrange [0:*]
plot $p0_8 with linespoints lc rgb '#7F7F7F' pt 8 ps 0.9 lw 1.8 dt 1 title 'tlsf-mutex', \
     $p0_7 with linespoints lc rgb '#56B4E9' pt 6 ps 0.9 lw 1.8 dt 1 title 'tlsf-spin', \
     $p0_6 with linespoints lc rgb '#E69F00' pt 13 ps 0.9 lw 1.8 dt 1 title 'tlsf', \
     $p0_5 with linespoints lc rgb '#882255' pt 2 ps 0.9 lw 1.8 dt 1 title 'slab', \
     $p0_4 with linespoints lc rgb '#000000' pt 4 ps 0.9 lw 1.8 dt 1 title 'glibc', \
     $p0_3 with linespoints lc rgb '#CC79A7' pt 11 ps 0.9 lw 1.8 dt 1 title 'jemalloc', \
     $p0_2 with linespoints lc rgb '#009E73' pt 9 ps 0.9 lw 1.8 dt 1 title 'mimalloc', \
     $p0_1 with linespoints lc rgb '#0072B2' pt 5 ps 0.9 lw 1.8 dt 1 title 'tcmalloc', \
     $p0_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'wf'
unset multiplot
unset output
set terminal pngcairo size 810,480 font 'sans,11' background '#ffffff'
set output 'throughput-rcu.png'
set multiplot title 'rcu: throughput over threads' font ',16' noenhanced
reset
set lmargin at screen 0.1296
set rmargin at screen 0.7654
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title '' noenhanced offset 0,-0.4
set xlabel 'threads' noenhanced
set ylabel 'million operations a second' noenhanced offset 0.5,0
set key at screen 0.7963,0.80 left top Left reverse invert noenhanced samplen 2 spacing 1.3
set logscale x 2
set xrange [0.909091:17.6]
set xtics ('1' 1, '2' 2, '4' 4, '8' 8, '16' 16) noenhanced
set yrange [0:*]
plot $p0_8 with linespoints lc rgb '#7F7F7F' pt 8 ps 0.9 lw 1.8 dt 1 title 'tlsf-mutex', \
     $p0_7 with linespoints lc rgb '#56B4E9' pt 6 ps 0.9 lw 1.8 dt 1 title 'tlsf-spin', \
     $p0_6 with linespoints lc rgb '#E69F00' pt 13 ps 0.9 lw 1.8 dt 1 title 'tlsf', \
     $p0_5 with linespoints lc rgb '#882255' pt 2 ps 0.9 lw 1.8 dt 1 title 'slab', \
     $p0_4 with linespoints lc rgb '#000000' pt 4 ps 0.9 lw 1.8 dt 1 title 'glibc', \
     $p0_3 with linespoints lc rgb '#CC79A7' pt 11 ps 0.9 lw 1.8 dt 1 title 'jemalloc', \
     $p0_2 with linespoints lc rgb '#009E73' pt 9 ps 0.9 lw 1.8 dt 1 title 'mimalloc', \
     $p0_1 with linespoints lc rgb '#0072B2' pt 5 ps 0.9 lw 1.8 dt 1 title 'tcmalloc', \
     $p0_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'wf'
unset multiplot
unset output
