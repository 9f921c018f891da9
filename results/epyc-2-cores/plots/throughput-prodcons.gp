set encoding utf8
$p0_0 << EOD
1 267.1583
2 77.2703
4 110.0895
8 79.5694
16 95.0041
EOD
$p0_1 << EOD
1 240.8606
2 28.2601
4 29.6685
8 34.2227
16 41.7062
EOD
$p0_2 << EOD
1 291.045
2 15.8203
4 73.1556
8 93.7931
16 86.1848
EOD
$p0_3 << EOD
1 207.0904
2 20.2874
4 33.6399
8 34.2944
16 42.9212
EOD
$p0_4 << EOD
1 102.5644
2 9.5717
4 32.7123
8 30.5413
16 33.5195
EOD
$p0_5 << EOD
1 109.5424
2 56.6522
4 0.0075
8 0.003
16 0.0014
EOD
$p0_6 << EOD
1 89.3218
2 6.5121
EOD
$p0_7 << EOD
1 87.2081
2 11.5799
4 11.8408
8 8.5805
16 4.926
EOD
$p0_8 << EOD
1 60.3187
2 6.5471
4 6.8444
8 6.9829
16 7.0354
EOD
set terminal svg size 810,480 font 'sans-serif,14' background '#ffffff' name 'throughput_prodcons'
set output 'throughput-prodcons.svg'
set multiplot title 'prodcons: throughput over threads' font ',16' noenhanced
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
set output 'throughput-prodcons.png'
set multiplot title 'prodcons: throughput over threads' font ',16' noenhanced
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
