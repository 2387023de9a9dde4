# The loss curve of the carried model: gnuplot loss.gp reads loss.csv, writes loss.svg.
set terminal svg size 800,480 dynamic enhanced font "DejaVu Sans,14" background rgb "white"
set output "loss.svg"
set datafile separator comma
set border 3
set tics out nomirror
set grid ytics lc rgb "#c8c8c8"
set xlabel "training tokens, millions"
set ylabel "loss, nats a token"
set logscale y
set yrange [0.15:8]
set ytics (0.2, 0.3, 0.5, 1, 2, 4, 8)
plot "loss.csv" every ::1 using ($2 / 1e6):4 with linespoints lc rgb "#0072B2" lw 2.2 pt 7 ps 0.5 \
       title "training text (mean since the point before)", \
     "" every ::1 using ($2 / 1e6):5 with linespoints lc rgb "#D55E00" lw 2.2 pt 5 ps 0.5 \
       title "held-out text"
