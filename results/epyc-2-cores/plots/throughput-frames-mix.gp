set encoding utf8
$p0_0 << EOD
1 125.7643
2 186.979
4 213.6726
8 230.2023
16 229.1415
EOD
$p0_1 << EOD
1 133.822
2 19.5401
4 11.2408
8 9.8818
16 12.7114
EOD
$p0_2 << EOD
1 112.6094
2 8.2954
EOD
set terminal svg size 810,480 font 'sans-serif,14' background '#ffffff' name 'throughput_frames_mix'
set output 'throughput-frames-mix.svg'
set multiplot title 'frames (mix): throughput over threads' font ',16' noenhanced
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
set output 'throughput-frames-mix.png'
set multiplot title 'frames (mix): throughput over threads' font ',16' noenhanced
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
