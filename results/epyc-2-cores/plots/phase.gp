set encoding utf8
$p0_0 << EOD
-0.266667 98.822
0.733333 98.822
1.73333 98.438
2.73333 98.822
EOD
$p0_1 << EOD
0 96.655
1 96.655
2 95.312
3 96.655
EOD
$p0_2 << EOD
0.266667 88.882
1.26667 99.792
2.26667 98.438
3.26667 88.882
EOD
set terminal svg size 810,480 font 'sans-serif,14' background '#ffffff' name 'phase'
set output 'phase.svg'
set multiplot title 'phase: share of the region usable after each change of size' font ',16' noenhanced
reset
set lmargin at screen 0.1296
set rmargin at screen 0.7654
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title '' noenhanced offset 0,-0.4
set xlabel 'what the region is filled with, one after the other' noenhanced
set ylabel '% of the region' noenhanced offset 0.5,0
set key at screen 0.7963,0.80 left top Left reverse invert noenhanced samplen 2 spacing 1.3
set xtics ('64 B' 0, '4 KiB' 1, '1 MiB' 2, '64 B' 3) noenhanced
set xrange [-0.5:3.5]
set yrange [0:105]
set boxwidth 0.2400
set style fill solid 0.9
plot $p0_2 with boxes lc rgb '#E69F00' title 'tlsf', \
     $p0_1 with boxes lc rgb '#882255' title 'slab', \
     $p0_0 with boxes lc rgb '#D55E00' title 'wf'
unset multiplot
unset output
set terminal pngcairo size 810,480 font 'sans,11' background '#ffffff'
set output 'phase.png'
set multiplot title 'phase: share of the region usable after each change of size' font ',16' noenhanced
reset
set lmargin at screen 0.1296
set rmargin at screen 0.7654
set bmargin at screen 0.17
set tmargin at screen 0.84
set border 3 lw 1 lc rgb '#444444'
set tics nomirror out
set grid ytics lt 1 lc rgb '#dddddd' lw 1
set title '' noenhanced offset 0,-0.4
set xlabel 'what the region is filled with, one after the other' noenhanced
set ylabel '% of the region' noenhanced offset 0.5,0
set key at screen 0.7963,0.80 left top Left reverse invert noenhanced samplen 2 spacing 1.3
set xtics ('64 B' 0, '4 KiB' 1, '1 MiB' 2, '64 B' 3) noenhanced
set xrange [-0.5:3.5]
set yrange [0:105]
set boxwidth 0.2400
set style fill solid 0.9
plot $p0_2 with boxes lc rgb '#E69F00' title 'tlsf', \
     $p0_1 with boxes lc rgb '#882255' title 'slab', \
     $p0_0 with boxes lc rgb '#D55E00' title 'wf'
unset multiplot
unset output
