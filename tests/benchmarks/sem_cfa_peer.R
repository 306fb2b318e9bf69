# The factor analysis of sem_speed.py in lavaan, median processor seconds: Rscript sem_cfa_peer.R DATA.csv REPEATS
suppressMessages(library(lavaan)); a <- commandArgs(TRUE); d <- read.csv(a[1]); e <- f <- c()
of <- sub("i[0-9]+$", "", names(d)); s <- sapply(unique(of), function(k) paste0(toupper(k), " =~ ", paste(names(d)[of == k], collapse = " + ")))
for (i in seq_len(as.integer(a[2]))) {
  t0 <- sum(proc.time()[1:2]); m <- cfa(paste(s, collapse = "\n"), d, meanstructure = TRUE)
  p <- parameterEstimates(m, standardized = TRUE); t1 <- sum(proc.time()[1:2]); g <- fitMeasures(m); t2 <- sum(proc.time()[1:2])
  e <- c(e, t1 - t0); f <- c(f, t2 - t0)
}
cat(sprintf("%.3f %.3f %.6f\n", median(e), median(f), g[["logl"]]))
