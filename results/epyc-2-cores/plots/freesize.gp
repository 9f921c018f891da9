set encoding utf8
$p0_0 << EOD
1.67772e+07 50.1
6.71089e+07 60.9
2.68435e+08 70.1
1.07374e+09 109.4
EOD
$p0_1 << EOD
1.67772e+07 50.1
6.71089e+07 50.1
2.68435e+08 70.1
1.07374e+09 298.9
EOD
$p0_2 << EOD
1.67772e+07 60.9
6.71089e+07 80.9
2.68435e+08 70.1
1.07374e+09 298.9
EOD
$p0_3 << EOD
1.67772e+07 40.4
6.71089e+07 40.4
2.68435e+08 50.1
1.07374e+09 161.8
EOD
$p0_4 << EOD
1.67772e+07 149.5
6.71089e+07 379
2.68435e+08 585.5
1.07374e+09 998.4
EOD
$p0_5 << EOD
1.67772e+07 100.2
6.71089e+07 218.8
2.68435e+08 348.2
1.07374e+09 511.5
EOD
$p0_6 << EOD
1.67772e+07 90.1
6.71089e+07 243.5
2.68435e+08 379
1.07374e+09 850.5
EOD
$p0_7 << EOD
1.67772e+07 90.1
6.71089e+07 189.5
2.68435e+08 379
1.07374e+09 745.7
EOD
$p0_8 << EOD
1.67772e+07 80.9
6.71089e+07 360.6
2.68435e+08 400.6
1.07374e+09 745.7
EOD
$p0_9 << EOD
1.67772e+07 30.4
6.71089e+07 30.4
2.68435e+08 30.4
1.07374e+09 30.4
EOD
$p1_0 << EOD
1.67772e+07 548.6
6.71089e+07 523.9
2.68435e+08 412.9
1.07374e+09 684.1
EOD
$p1_1 << EOD
1.67772e+07 6410
6.71089e+07 8579.4
2.68435e+08 20313.5
1.07374e+09 23468.7
EOD
$p1_2 << EOD
1.67772e+07 801.3
6.71089e+07 758.1
2.68435e+08 659.4
1.07374e+09 850.5
EOD
$p1_3 << EOD
1.67772e+07 2046.3
6.71089e+07 1750.3
2.68435e+08 1898.2
1.07374e+09 2391.3
EOD
$p1_4 << EOD
1.67772e+07 82835.3
6.71089e+07 1750.4
2.68435e+08 1799.6
1.07374e+09 1996.8
EOD
$p1_5 << EOD
1.67772e+07 634.9
6.71089e+07 745.8
2.68435e+08 1442.1
1.07374e+09 1848.9
EOD
$p1_6 << EOD
1.67772e+07 708.8
6.71089e+07 1121.7
2.68435e+08 1047.7
1.07374e+09 4585.3
EOD
$p1_7 << EOD
1.67772e+07 634.9
6.71089e+07 758.1
2.68435e+08 1171
1.07374e+09 1701
EOD
$p1_8 << EOD
1.67772e+07 486.9
6.71089e+07 1097.1
2.68435e+08 1072.4
1.07374e+09 1848.9
EOD
$p1_9 << EOD
1.67772e+07 40.4
6.71089e+07 40.4
2.68435e+08 40.4
1.07374e+09 40.4
EOD
set terminal svg size 1450,480 font 'sans-serif,14' background '#ffffff' name 'freesize'
set output 'freesize.svg'
set multiplot title 'freesize: free of 4 KiB blocks in random order, over the region''s size' font ',16' noenhanced
reset
set lmargin at screen 0.0724
set rmargin at screen 0.4276
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title 'median' noenhanced offset 0,-0.4
set xlabel 'region' noenhanced
set ylabel 'latency of free' noenhanced offset 0.5,0
unset key
set logscale x 2
set xrange [1.5252e+07:1.18112e+09]
set xtics ('16 MiB' 16777216, '64 MiB' 67108864, '256 MiB' 268435456, '1 GiB' 1073741824) noenhanced
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
set title '99.9th percentile' noenhanced offset 0,-0.4
set xlabel 'region' noenhanced
set ylabel 'latency of free' noenhanced offset 0.5,0
set key at screen 0.8862,0.80 left top Left reverse invert noenhanced samplen 2 spacing 1.3
set logscale x 2
set xrange [1.5252e+07:1.18112e+09]
set xtics ('16 MiB' 16777216, '64 MiB' 67108864, '256 MiB' 268435456, '1 GiB' 1073741824) noenhanced
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
set output 'freesize.png'
set multiplot title 'freesize: free of 4 KiB blocks in random order, over the region''s size' font ',16' noenhanced
reset
set lmargin at screen 0.0724
set rmargin at screen 0.4276
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title 'median' noenhanced offset 0,-0.4
set xlabel 'region' noenhanced
set ylabel 'latency of free' noenhanced offset 0.5,0
unset key
set logscale x 2
set xrange [1.5252e+07:1.18112e+09]
set xtics ('16 MiB' 16777216, '64 MiB' 67108864, '256 MiB' 268435456, '1 GiB' 1073741824) noenhanced
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
set title '99.9th percentile' noenhanced offset 0,-0.4
set xlabel 'region' noenhanced
set ylabel 'latency of free' noenhanced offset 0.5,0
set key at screen 0.8862,0.80 left top Left reverse invert noenhanced samplen 2 spacing 1.3
set logscale x 2
set xrange [1.5252e+07:1.18112e+09]
set xtics ('16 MiB' 16777216, '64 MiB' 67108864, '256 MiB' 268435456, '1 GiB' 1073741824) noenhanced
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
