set encoding utf8
$p0_0 << EOD
8 49.411
16 98.822
24 98.436
32 98.822
40 98.436
48 98.436
64 98.822
100 94.093
128 98.822
200 94.088
256 98.816
400 94.078
512 98.806
1000 96.475
1024 98.79
1500 94.943
2048 98.776
3000 94.955
4096 98.822
5000 95.986
8192 98.816
9000 94.91
12288 97.284
16384 98.804
17000 96.059
24576 92.651
32768 98.779
40000 96.5
65536 98.73
100000 96.411
131072 98.633
262144 98.438
524288 98.438
1.04858e+06 98.438
EOD
$p0_1 << EOD
4096 99.725
8192 99.719
16384 99.707
32768 99.707
65536 99.707
131072 99.609
262144 99.609
524288 99.219
1.04858e+06 98.438
EOD
$p0_2 << EOD
8 96.655
16 96.655
24 72.491
32 96.655
40 60.41
48 72.491
64 96.655
100 75.512
128 96.655
200 75.512
256 96.655
400 75.512
512 96.655
1000 94.39
1024 96.655
1500 70.792
2048 96.655
3000 70.81
4096 96.655
5000 94.384
8192 96.655
9000 94.387
12288 96.643
16384 96.655
17000 94.387
24576 96.643
32768 96.631
40000 94.354
65536 96.582
100000 96.262
131072 96.484
262144 96.484
524288 96.094
1.04858e+06 95.312
EOD
$p0_3 << EOD
8 24.998
16 49.996
24 74.994
32 79.994
40 83.327
48 85.707
64 88.882
100 89.279
128 94.11
200 96.146
256 96.962
400 98.031
512 98.454
1000 99.197
1024 99.216
1500 99.197
2048 99.6
3000 99.725
4096 99.792
5000 99.83
8192 99.89
9000 99.899
12288 99.921
16384 99.927
17000 99.935
24576 99.939
32768 99.951
40000 99.957
65536 99.902
100000 99.838
131072 99.805
262144 99.609
524288 99.219
1.04858e+06 98.438
EOD
$p0_4 << EOD
4096 99.774
8192 99.768
16384 99.756
32768 99.756
65536 99.707
131072 99.609
262144 99.609
524288 99.219
1.04858e+06 98.438
EOD
set terminal svg size 810,480 font 'sans-serif,14' background '#ffffff' name 'fill'
set output 'fill.svg'
set multiplot title 'fill: share of a region that requests of one size can use' font ',16' noenhanced
reset
set lmargin at screen 0.1296
set rmargin at screen 0.7654
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title '' noenhanced offset 0,-0.4
set xlabel 'size asked for' noenhanced
set ylabel '% of the region' noenhanced offset 0.5,0
set key at screen 0.7963,0.80 left top Left reverse invert noenhanced samplen 2 spacing 1.3
set logscale x 2
set xrange [7.27273:1.15343e+06]
set xtics ('8 B' 8, '64 B' 64, '512 B' 512, '4 KiB' 4096, '32 KiB' 32768, '256 KiB' 262144) noenhanced
set yrange [20:100]
plot $p0_4 with linespoints lc rgb '#56B4E9' pt 6 ps 0.9 lw 1.8 dt 1 title 'buddy', \
     $p0_3 with linespoints lc rgb '#E69F00' pt 13 ps 0.9 lw 1.8 dt 1 title 'tlsf', \
     $p0_2 with linespoints lc rgb '#882255' pt 2 ps 0.9 lw 1.8 dt 1 title 'slab', \
     $p0_1 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'frame', \
     $p0_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'wf'
unset multiplot
unset output
set terminal pngcairo size 810,480 font 'sans,11' background '#ffffff'
set output 'fill.png'
set multiplot title 'fill: share of a region that requests of one size can use' font ',16' noenhanced
reset
set lmargin at screen 0.1296
set rmargin at screen 0.7654
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title '' noenhanced offset 0,-0.4
set xlabel 'size asked for' noenhanced
set ylabel '% of the region' noenhanced offset 0.5,0
set key at screen 0.7963,0.80 left top Left reverse invert noenhanced samplen 2 spacing 1.3
set logscale x 2
set xrange [7.27273:1.15343e+06]
set xtics ('8 B' 8, '64 B' 64, '512 B' 512, '4 KiB' 4096, '32 KiB' 32768, '256 KiB' 262144) noenhanced
set yrange [20:100]
plot $p0_4 with linespoints lc rgb '#56B4E9' pt 6 ps 0.9 lw 1.8 dt 1 title 'buddy', \
     $p0_3 with linespoints lc rgb '#E69F00' pt 13 ps 0.9 lw 1.8 dt 1 title 'tlsf', \
     $p0_2 with linespoints lc rgb '#882255' pt 2 ps 0.9 lw 1.8 dt 1 title 'slab', \
     $p0_1 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'frame', \
     $p0_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'wf'
unset multiplot
unset output
