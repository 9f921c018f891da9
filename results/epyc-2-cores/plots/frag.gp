set encoding utf8
$p0_0 << EOD
1 61.5585938
2 61.3515625
3 57.59375
4 35.3125
5 12.75
6 13
7 13
8 13
9 13
10 12
11 12
12 12
13 12
14 12
15 12
16 12
17 12
18 11.75
19 11.75
20 11.75
21 63.2460938
EOD
$p0_1 << EOD
1 59.9296875
2 59.7851562
3 55.3789062
4 31.8984375
5 13.5146484
6 13.5615234
7 18.0957031
8 18.0957031
9 26.2890625
10 13.5078125
11 13.5537109
12 13.6601562
13 18.7421875
14 18.7421875
15 38.9140625
16 38.9140625
17 39.2265625
18 26.6230469
19 26.6601562
20 26.6601562
21 61.859375
EOD
$p0_2 << EOD
1 61.9503326
2 61.9630508
3 58.8001404
4 40.2984467
5 23.6705093
6 23.700798
7 24.1069489
8 24.1071091
9 24.1071854
10 23.7117004
11 23.7576828
12 23.9196396
13 23.9199219
14 23.9199219
15 23.9200363
16 23.9203949
17 23.9314728
18 23.9328613
19 23.93293
20 23.934082
21 63.9949341
EOD
set terminal svg size 810,480 font 'sans-serif,14' background '#ffffff' name 'frag'
set output 'frag.svg'
set multiplot title 'frag: the largest free run over a long random walk' font ',16' noenhanced
reset
set lmargin at screen 0.1296
set rmargin at screen 0.7654
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title '' noenhanced offset 0,-0.4
set xlabel 'steps of 100,000 replacements' noenhanced
set ylabel 'MiB' noenhanced offset 0.5,0
set key at screen 0.7963,0.80 left top Left reverse invert noenhanced samplen 2 spacing 1.3
set xrange [0:*]
set yrange [0:*]
plot $p0_2 with linespoints lc rgb '#E69F00' pt 13 ps 0.9 lw 1.8 dt 1 title 'tlsf', \
     $p0_1 with linespoints lc rgb '#882255' pt 2 ps 0.9 lw 1.8 dt 1 title 'slab', \
     $p0_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'wf'
unset multiplot
unset output
set terminal pngcairo size 810,480 font 'sans,11' background '#ffffff'
set output 'frag.png'
set multiplot title 'frag: the largest free run over a long random walk' font ',16' noenhanced
reset
set lmargin at screen 0.1296
set rmargin at screen 0.7654
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title '' noenhanced offset 0,-0.4
set xlabel 'steps of 100,000 replacements' noenhanced
set ylabel 'MiB' noenhanced offset 0.5,0
set key at screen 0.7963,0.80 left top Left reverse invert noenhanced samplen 2 spacing 1.3
set xrange [0:*]
set yrange [0:*]
plot $p0_2 with linespoints lc rgb '#E69F00' pt 13 ps 0.9 lw 1.8 dt 1 title 'tlsf', \
     $p0_1 with linespoints lc rgb '#882255' pt 2 ps 0.9 lw 1.8 dt 1 title 'slab', \
     $p0_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'wf'
unset multiplot
unset output
