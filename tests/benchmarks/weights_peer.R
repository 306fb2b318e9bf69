# The same jobs in R, each timed by itself: Rscript weights_peer.R FOLDER (made by weights_speed.py).
# mice runs one imputation; its time is linear in their number, so the ratio is taken at that many times it.
suppressMessages({library(survey); library(mice); library(jsonlite)})
folder <- commandArgs(TRUE)[1]; out <- list()
clock <- function(expr) { t <- system.time(expr, gcFirst = TRUE); t[["user.self"]] + t[["sys.self"]] }
margins <- function(d, t) { v <- unique(t$variable); list(lapply(v, function(x) as.formula(paste("~", x))), lapply(v, function(x) { s <- t[t$variable == x, ]; z <- data.frame(s$category, s$share * nrow(d)); names(z) <- c(x, "Freq"); z })) }

d <- read.csv(file.path(folder, "big.csv"), colClasses = "character"); t <- read.csv(file.path(folder, "big_targets.csv"), colClasses = c("character", "character", "numeric"))
m <- margins(d, t); g <- svydesign(ids = ~1, weights = rep(1, nrow(d)), data = d)
out$rake_s <- clock(rake(g, m[[1]], m[[2]]))
out$rake_tight_s <- clock(r <- rake(g, m[[1]], m[[2]], control = list(maxit = 500, epsilon = 1e-10)))
write.csv(data.frame(weight = weights(r)), file.path(folder, "big_weights.csv"), row.names = FALSE)

d <- read.csv(file.path(folder, "boot.csv")); t <- read.csv(file.path(folder, "boot_targets.csv"), colClasses = c("character", "character", "numeric"))
m <- margins(d, t); y <- d$y; reps <- 20; set.seed(1)
out$bootstrap_replicates <- reps
out$bootstrap_s <- clock(for (i in seq_len(reps)) { k <- sample(nrow(d), replace = TRUE); b <- rake(svydesign(ids = ~1, weights = rep(1, length(k)), data = d[k, ]), m[[1]], m[[2]]); sum(weights(b) * y[k]) / sum(weights(b)) })

panel <- file.path(folder, "panel.csv")
if (file.exists(panel)) { d <- read.csv(panel); out$mice_imputations <- 1; out$mice_s <- clock(mice(d, m = 1, maxit = 5, method = "pmm", printFlag = FALSE, seed = 1)) }
writeLines(toJSON(out, auto_unbox = TRUE, digits = NA), file.path(folder, "peer.json"))
