# The models of sem_speed.py in lavaan, timed in one process: Rscript sem_peer.R DATA.csv WAVES CONSTRUCTS (x,y,…) equal|free
suppressMessages(library(lavaan)); a <- commandArgs(TRUE)
d <- read.csv(a[1]); W <- as.integer(a[2]); k <- strsplit(a[3], "")[[1]]; s <- c()
for (c in k) s <- c(s, paste0("RI", c, " =~ ", paste0("1*", c, 1:W, collapse = " + ")), paste0("w", c, 1:W, " =~ 1*", c, 1:W))
for (i in seq_along(k)) for (j in i:length(k)) s <- c(s, paste0("RI", k[i], " ~~ RI", k[j]), paste0("w", k[i], 1:W, " ~~ w", k[j], 1:W))
for (t in 2:W) for (to in k) s <- c(s, paste0("w", to, t, " ~ ", paste0(if (a[4] == "equal") paste0("l_", to, "_", k, "*") else "", "w", k, t - 1, collapse = " + ")))
t0 <- proc.time()[[3]]
f <- suppressWarnings(lavaan(paste(s, collapse = "\n"), d, missing = "fiml", estimator = "MLR", meanstructure = TRUE, int.ov.free = TRUE))
p <- parameterEstimates(f, standardized = TRUE); t1 <- proc.time()[[3]]; m <- suppressWarnings(fitMeasures(f)); t2 <- proc.time()[[3]]
cat(sprintf("%.3f %.3f %.6f %.6f\n", t1 - t0, t2 - t0, m[["logl"]], m[["chisq.scaled"]]))
