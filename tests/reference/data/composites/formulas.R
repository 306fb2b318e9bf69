# Composite indicators by the formulas that COINr 1.1 documents, in plain R: Rscript formulas.R. Needs jsonlite.
suppressMessages(library(jsonlite))
skew <- function(x) { x <- x[!is.na(x)]; n <- length(x); x <- x - mean(x); sqrt(n) * sum(x^3) / sum(x^2)^1.5 * sqrt(n * (n - 1)) / (n - 2) }
kurt <- function(x) { x <- x[!is.na(x)]; n <- length(x); x <- x - mean(x); ((n + 1) * (n * sum(x^4) / sum(x^2)^2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3)) }
passes <- function(x, s, k) abs(skew(x)) < s | kurt(x) < k
treated <- function(x, most, s, k, then, combine) {
  raw <- x; count <- 0; top <- bottom <- NULL
  while (!passes(x, s, k) && (is.null(most) || count < most)) {
    if (skew(x) >= 0) { top <- which(x == max(x, na.rm = TRUE)); x[top] <- max(x[-top], na.rm = TRUE) }
    else { bottom <- which(x == min(x, na.rm = TRUE)); x[bottom] <- min(x[-bottom], na.rm = TRUE) }
    count <- length(top) + length(bottom)
  }
  if (!passes(x, s, k) && then != "none") {
    z <- if (combine) x else raw; lo <- min(z, na.rm = TRUE); hi <- max(z, na.rm = TRUE); a <- .01 * (hi - lo)
    x <- if (then == "log_ct" || skew(z) > 0) log(z - lo + a) else -log(hi + a - z)
  }
  x
}
normal <- function(x, how, d, b) { z <- x * d; lo <- min(z, na.rm = TRUE); hi <- max(z, na.rm = TRUE); r <- rank(z, ties.method = "min", na.last = "keep")
  switch(how, min_max = (z - lo) / (hi - lo) * (b[2] - b[1]) + b[1], z_score = (z - mean(z, na.rm = TRUE)) / sd(z, na.rm = TRUE) * b[2] + b[1],
    percentile = (r - 1) / (sum(!is.na(z)) - 1), borda = r - 1, distance_to_max = 1 - (hi - z) / (hi - lo), share_of_max = z / hi) }
mean_of <- function(x, w, how) { k <- !is.na(x); x <- x[k]; w <- w[k] / sum(w[k]); if (!any(k)) NA else switch(how, arithmetic = sum(w * x), geometric = exp(sum(w * log(x))), harmonic = 1 / sum(w / x)) }
copeland <- function(X, w) { n <- nrow(X); s <- numeric(n); for (i in 1:n) for (j in 1:n) { d <- sum(w * sign(X[i, ] - X[j, ])); s[i] <- s[i] + sign(round(d, 9)) }; s }
levels_up <- function(D, meta, hows, least = 0) {
  for (l in 2:max(meta$level)) for (p in unique(meta$parent[meta$level == l - 1])) {
    m <- meta[meta$level == l - 1 & meta$parent == p, ]; X <- as.matrix(D[m$code]); how <- hows[l - 1]
    D[[p]] <- if (how == "copeland") copeland(X, m$weight) else apply(X, 1, function(r) if (mean(!is.na(r)) < least) NA else mean_of(r, m$weight, how))
  }
  D
}
moved <- function(D, meta, hows, level) {  # mean change of rank with the weight of each element at zero
  ranks <- function(m) rank(-round(levels_up(D, m, hows)[[m$code[is.na(m$parent)]]], 9), ties.method = "min", na.last = "keep")
  sapply(meta$code[meta$level == level], function(c) { m <- meta; m$weight[m$code == c] <- 0; mean(abs(ranks(m) - ranks(meta))) })
}
table_of <- function(groups) { r <- NULL; for (l in seq_along(groups)) for (p in names(groups[[l]])) r <- rbind(r, data.frame(code = groups[[l]][[p]], level = l, parent = p)); rbind(r, data.frame(code = names(groups[[l]]), level = l + 1, parent = NA)) }
three <- list(list(A = c("a1", "a2", "a3"), B = "b1", C = c("c1", "c2", "c3", "c4")), list(whole = c("A", "B", "C")))
four <- list(list(P = c("p1", "p2"), Q = c("q1", "q2", "q3"), R = "r1", T = c("t1", "t2", "t3")), list(X = c("P", "Q"), Y = c("R", "T")), list(whole = c("X", "Y")))
made <- list()
index <- function(name, seed, n, groups, how, bounds = c(0, 100), hows, missing = 0, unequal = TRUE, least = 0, treat = NULL, scale = 1, shift = 5, ties = FALSE, one_way = FALSE) {
  set.seed(seed); meta <- table_of(groups); codes <- meta$code[meta$level == 1]
  D <- as.data.frame(sapply(seq_along(codes), function(j) scale * switch(1 + j %% 4, rnorm(n, 50, 10), rlnorm(n, 1, 1), rnorm(n, shift, 2), rgamma(n, .7, .1)))); names(D) <- codes
  D <- signif(D, 6); if (ties) D <- round(D / 5)
  for (c in codes) D[sample(n, rbinom(1, n, missing)), c] <- NA
  if (!is.null(treat)) { for (c in codes[1:3]) D[sample(n, 2), c] <- signif(max(D[[c]], na.rm = TRUE) * runif(1, 3, 9), 6); D[[codes[4]]] <- -D[[codes[4]]]; D[1:2, codes[5]] <- 300 }
  meta$weight <- if (unequal) round(runif(nrow(meta), .2, 3), 2) else 1
  d <- sample(if (one_way) 1 else c(1, -1, 1), length(codes), TRUE); if (one_way) d <- rep(1, length(codes))
  T <- if (is.null(treat)) D else as.data.frame(lapply(D, treated, treat$winsorised, treat$skew_limit, treat$kurtosis_limit, treat$then, treat$combine))
  N <- as.data.frame(mapply(normal, T, how, d, MoreArgs = list(b = bounds), SIMPLIFY = FALSE)); names(N) <- codes
  out <- list(raw = D, structure = c(lapply(split(meta$code[!is.na(meta$parent)], meta$parent[!is.na(meta$parent)]), I)), weights = as.list(setNames(meta$weight, meta$code)), directions = as.list(setNames(d, codes)),
    method = how, bounds = bounds, aggregation = I(hows), available = least, outliers = treat, treated = T, normalised = N, scores = levels_up(N, meta, hows, least)[meta$code[meta$level > 1]])
  if (least == 0 && !("copeland" %in% hows)) out$moved <- lapply(1:(max(meta$level) - 1), function(l) as.list(moved(N, meta, hows, l)))
  made[[name]] <<- out
}
a <- "arithmetic"
index("three levels, values missing", 1, 14, three, "min_max", hows = c(a, a), missing = .06)
index("four levels, large and negative", 2, 12, four, "z_score", c(100, 15), hows = c(a, a, a), scale = 1e4, shift = -3)
index("geometric and harmonic", 4, 15, four, "min_max", c(1, 100), hows = c("geometric", "harmonic", "geometric"), missing = .05)
index("copeland above", 5, 12, three, "min_max", hows = c(a, "copeland"))
index("percentiles with ties", 3, 16, three, "percentile", hows = c(a, a), missing = .1, ties = TRUE)
index("borda with ties, equal weights", 7, 9, three, "borda", hows = c(a, a), missing = .08, unequal = FALSE, ties = TRUE)
index("distance to the highest", 8, 13, three, "distance_to_max", hows = c(a, a), scale = .001)
index("share of the highest", 9, 11, three, "share_of_max", hows = c("geometric", a), shift = 9, one_way = TRUE)
index("coverage", 10, 14, three, "min_max", hows = c(a, a), missing = .35, least = .6)
index("outliers, few", 21, 15, three, "min_max", hows = c(a, a), treat = list(winsorised = 2, skew_limit = 2, kurtosis_limit = 3.5, then = "log_ct", combine = FALSE))
index("outliers, combined", 22, 25, three, "min_max", hows = c(a, a), missing = .05, treat = list(winsorised = 1, skew_limit = 1.5, kurtosis_limit = 2.5, then = "log_ct_plus", combine = TRUE))
index("outliers, mirrored", 23, 20, three, "z_score", c(0, 1), hows = c(a, a), treat = list(winsorised = 3, skew_limit = 1, kurtosis_limit = 2, then = "log_ct_plus", combine = FALSE))
write_json(made, "formulas.json", digits = I(17), na = "null", auto_unbox = TRUE, null = "null", dataframe = "columns")
