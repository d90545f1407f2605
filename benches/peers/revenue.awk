# What examples/revenue.wv does, in awk: awk -f revenue.awk FILE.

# The fields of a record in f[1..n]; a record goes on over lines while a quote is open.
function fields(line, f,    n, more, at, text) {
    if (index(line, "\"") == 0) return split(line, f, ",")
    while (gsub(/"/, "\"", line) % 2 == 1) {
        if ((getline more) <= 0) break
        line = line "\n" more
    }
    for (;;) {
        if (substr(line, 1, 1) == "\"") {
            match(line, /^"([^"]|"")*"/)
            text = substr(line, 2, RLENGTH - 2)
            gsub(/""/, "\"", text)
            f[++n] = text
            line = substr(line, RLENGTH + 1)
        } else {
            at = index(line, ",")
            if (at == 0) { f[++n] = line; return n }
            f[++n] = substr(line, 1, at - 1)
            line = substr(line, at)
        }
        if (line == "") return n
        line = substr(line, 2)
    }
}

NR > 1 { fields($0, F); if (F[5] > 0) total[F[3]] += F[5] * F[6] }
END { for (region in total) printf "%s %.2f\n", region, total[region] }
