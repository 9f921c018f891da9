set encoding utf8
$p0_0 << EOD
1 358.21
2 760.7142
4 751.8514
8 711.7346
16 720.3178
EOD
$p0_1 << EOD
1 321.1696
2 632.2058
4 584.7837
8 564.8086
16 581.7821
EOD
$p0_2 << EOD
1 198.0092
2 358.3979
4 385.5123
8 328.4944
16 336.7846
EOD
$p0_3 << EOD
1 295.9986
2 557.2942
4 503.2235
8 502.8976
16 511.8406
EOD
$p0_4 << EOD
1 213.6361
2 409.1787
4 421.3702
8 338.7087
16 319.2582
EOD
$p0_5 << EOD
1 187.1082
2 319.1939
4 293.553
8 251.8812
16 253.2147
EOD
$p0_6 << EOD
1 103.0396
2 5.8929
EOD
$p0_7 << EOD
1 131.4116
2 20.7482
4 10.1078
8 9.1543
16 14.9492
EOD
$p0_8 << EOD
1 77.4156
2 13.4714
4 15.0044
8 13.6317
16 13.4086
EOD
set terminal svg size 810,480 font 'sans-serif,14' background '#ffffff' name 'throughput_pair'
set output 'throughput-pair.svg'
set multiplot title 'pair: throughput over threads' font ',16' noenhanced
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
set output 'throughput-pair.png'
set multiplot title 'pair: throughput over threads' font ',16' noenhanced
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
