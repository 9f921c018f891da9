set encoding utf8
$p0_0 << EOD
1 147.6777
2 196.8937
4 246.3632
8 265.9133
16 291.9557
EOD
$p0_1 << EOD
1 136.2696
2 18.6245
4 10.665
8 11.0343
16 12.2089
EOD
$p0_2 << EOD
1 116.6732
2 1.9458
EOD
set terminal svg size 810,480 font 'sans-serif,14' background '#ffffff' name 'throughput_frames_1'
set output 'throughput-frames-1.svg'
set multiplot title 'frames (1): throughput over threads' font ',16' noenhanced
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
plot $p0_2 with linespoints lc rgb '#E69F00' pt 13 ps 0.9 lw 1.8 dt 1 title 'buddy-mcs', \
     $p0_1 with linespoints lc rgb '#56B4E9' pt 6 ps 0.9 lw 1.8 dt 1 title 'buddy', \
     $p0_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'frame'
unset multiplot
unset output
set terminal pngcairo size 810,480 font 'sans,11' background '#ffffff'
set output 'throughput-frames-1.png'
set multiplot title 'frames (1): throughput over threads' font ',16' noenhanced
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
plot $p0_2 with linespoints lc rgb '#E69F00' pt 13 ps 0.9 lw 1.8 dt 1 title 'buddy-mcs', \
     $p0_1 with linespoints lc rgb '#56B4E9' pt 6 ps 0.9 lw 1.8 dt 1 title 'buddy', \
     $p0_0 with linespoints lc rgb '#D55E00' pt 7 ps 0.9 lw 3 dt 1 title 'frame'
unset multiplot
unset output
