# The cells of a small multiverse one by one, by plm, lm and sandwich; draws of persons; adjusted p; equivalence tests.
# Rscript make.R   (R 4.2, plm 2.6; writes panel.csv, counts.csv and reference.json beside itself)
suppressMessages({library(plm); library(jsonlite)})
set.seed(14)
N <- 150; T <- 4
d <- expand.grid(wave = 1:T, person = 1:N)
u <- rnorm(N)[d$person]
d$a <- round(rnorm(nrow(d)), 4); d$b <- round(u + rnorm(nrow(d)), 4)
d$x <- round(1000 + u + 0.3 * d$a + rnorm(nrow(d)), 4)
d$y <- round(0.25 * d$x + u + 0.2 * d$a + 0.1 * d$wave + rnorm(nrow(d)) * (1 + 0.3 * abs(d$a)), 4)
d$w <- round(runif(N, 0.4, 2.5), 3)[d$person]
d <- d[runif(nrow(d)) > 0.15, ]
d$b[runif(nrow(d)) < 0.1] <- NA
d$x[sample(nrow(d), 4)] <- d$x[sample(nrow(d), 4)] + 8
d <- d[sample(nrow(d)), c("person", "wave", "y", "x", "a", "b", "w")]
write.csv(d, "panel.csv", row.names = FALSE, na = "")
d <- d[order(d$person, d$wave), ]

treated <- function(d, outliers) {
  if (outliers == "none") return(d)
  for (v in c("y", "x")) {
    ends <- mean(d[[v]]) + c(-2, 2) * sd(d[[v]])
    if (outliers == "winsorised 2") d[[v]] <- pmin(pmax(d[[v]], ends[1]), ends[2])
    else d[[v]][d[[v]] < ends[1] | d[[v]] > ends[2]] <- NA
  }
  d
}
one <- function(d, family, covariates, missing, outliers, weights, errors) {
  if (missing == "balanced") d <- d[ave(d$wave, d$person, FUN = length) == T, ]
  d <- treated(d, outliers)
  d <- d[complete.cases(d[c("y", "x", covariates)]), ]
  rhs <- c("x", covariates)
  d$id <- factor(d$person); d$t <- factor(d$wave)
  if (family == "first_difference") {
    m <- model.matrix(~ t, d)[, -1, drop = FALSE]
    z <- as.data.frame(cbind(d[c("y", rhs)], m))
    later <- which(diff(d$person) == 0) + 1
    f <- z[later, ] - z[later - 1, ]
    f$id <- d$id[later]; f$w <- 1 / (1 / d$w[later] + 1 / d$w[later - 1])
    d2 <- f; others <- c(covariates, colnames(m)); form <- function(l) reformulate(c("0", others), l); k <- length(others) + 1
    df <- nrow(d2) - k
  } else {
    d2 <- d
    absorbed <- if (family == "pooled") character(0) else if (family == "two_way") c("id", "t") else "id"
    others <- c(covariates, if (family != "two_way") "t", setdiff(absorbed, "t"), if (family == "two_way") "t")
    form <- function(l) reformulate(others, l)
    own <- length(covariates) + 1 + if (family == "two_way") 0 else nlevels(droplevels(d$t)) - 1
    k <- own + (family == "pooled")
    df <- nrow(d2) - k - if (family == "pooled") 0 else nlevels(droplevels(d$id)) + if (family == "two_way") nlevels(droplevels(d$t)) - 1 else 0
    d2$id <- droplevels(d2$id); d2$t <- droplevels(d2$t)
  }
  W <- if (weights == "w") d2$w else rep(1, nrow(d2))
  d2$W <- W
  xt <- resid(lm(form("x"), d2, weights = W)); yt <- resid(lm(form("y"), d2, weights = W))
  b <- sum(W * xt * yt) / sum(W * xt^2); e <- yt - b * xt
  if (errors == "person_id") v <- sum(tapply(W * xt * e, droplevels(d2$id), sum)^2) / sum(W * xt^2)^2 * nrow(d2) / (nrow(d2) - k)
  else v <- sum(W * e^2) / df / sum(W * xt^2)
  list(estimate = b, std_error = sqrt(v), df = df, n_obs = nrow(d2), p_value = 2 * pt(-abs(b / sqrt(v)), df))
}
grid <- expand.grid(family = c("pooled", "fixed_effects", "two_way", "first_difference"), subsets = c("none", "a", "b", "a + b"),
  missing = c("answered", "balanced"), outliers = c("none", "winsorised 2", "trimmed 2"), weights = c("none", "w"),
  standard_errors = c("person_id", "classical"), stringsAsFactors = FALSE)
cells <- lapply(seq_len(nrow(grid)), function(i) {
  g <- grid[i, ]
  own <- if (g$subsets == "none") character(0) else strsplit(g$subsets, " + ", fixed = TRUE)[[1]]
  c(as.list(g), one(d, g$family, own, g$missing, g$outliers, g$weights, g$standard_errors))
})
# plm itself, for those that it fits: unweighted, as answered, no treatment of outliers
p <- pdata.frame(d, index = c("person", "wave"))
own <- function(m) { s <- lmtest::coeftest(m, vcov = vcovHC(m, method = "arellano", type = "HC1")); unname(s["x", 1:2]) }
by_plm <- list(
  pooled = own(plm(y ~ x + a + wave, transform(p, wave = factor(wave)), model = "pooling")),
  fixed_effects = own(plm(y ~ x + a + factor(wave), p, model = "within")),
  two_way = own(plm(y ~ x + a, p, model = "within", effect = "twoways")))
# Draws of persons: each drawn person is a new one
counts <- t(rmultinom(12, N, rep(1, N)))
write.table(counts, "counts.csv", sep = ",", row.names = FALSE, col.names = FALSE)
drawn <- lapply(c("pooled", "fixed_effects", "two_way", "first_difference"), function(family) t(apply(counts, 1, function(n) {
  parts <- list(); id <- 0
  for (i in which(n > 0)) for (copy in seq_len(n[i])) {
    id <- id + 1; own <- d[d$person == i, ]; if (nrow(own)) { own$person <- id; parts[[id]] <- own }
  }
  r <- one(do.call(rbind, parts), family, "a", "answered", "none", "none", "person_id")
  c(r$estimate, r$std_error * sqrt((r$n_obs - 1) / r$n_obs) / sqrt((r$n_obs - 1) / r$n_obs), r$n_obs)
})))
names(drawn) <- c("pooled", "fixed_effects", "two_way", "first_difference")
# Shares of the variance between cells: each choice's Shapley value of R², over all orders
shapley <- function(g, y, names) {
  r2 <- function(s) if (length(s)) summary(lm(reformulate(s, "y"), cbind(g, y = y)))$r.squared else 0
  perms <- function(v) if (length(v) < 2) list(v) else do.call(c, lapply(seq_along(v), function(i) lapply(perms(v[-i]), function(p) c(v[i], p))))
  all <- perms(names); add <- setNames(numeric(length(names)), names)
  for (o in all) for (i in seq_along(o)) add[o[i]] <- add[o[i]] + r2(o[seq_len(i)]) - r2(o[seq_len(i - 1)])
  as.list(add / length(all))
}
some <- which(grid$standard_errors == "person_id" & !(grid$family == "pooled" & grid$weights == "w"))
names <- c("family", "subsets", "missing", "outliers", "weights")
shares <- shapley(grid[some, names], sapply(cells[some], `[[`, "estimate"), names)
# Corrections
tests <- c(0.01, 0.02, 0.03, 0.04, 0.05, 0.001, 0.2, 0.04, 0.9, 0.0004)
adjusted <- lapply(c(holm = "holm", bonferroni = "bonferroni", benjamini_hochberg = "BH"), function(m) p.adjust(tests, m))
# Equivalence: two one-sided t tests against a smallest effect, as TOSTER's tsum_TOST does from estimate and error
equivalence <- lapply(list(c(0.05, 0.03, 100, 0.1), c(-0.02, 0.04, 12, 0.1), c(0.3, 0.1, Inf, 0.2)), function(v) {
  t1 <- (v[1] + v[4]) / v[2]; t2 <- (v[1] - v[4]) / v[2]
  list(estimate = v[1], std_error = v[2], df = ifelse(is.finite(v[3]), v[3], -1), bound = v[4],
       p_value = max(pt(t1, v[3], lower.tail = FALSE), pt(t2, v[3])),
       conf_low = v[1] - qt(0.95, v[3]) * v[2], conf_high = v[1] + qt(0.95, v[3]) * v[2])
})
y1 <- d$y[seq(1, 60)] - 251; y2 <- d$y[seq(61, 140)] - 251
g <- t.test(y1, y2, var.equal = TRUE)
two <- list(first = y1, second = y2, bound = 0.6, estimate = unname(g$estimate[1] - g$estimate[2]), std_error = g$stderr, df = unname(g$parameter),
  p_value = max(t.test(y1, y2, mu = -0.6, alternative = "greater", var.equal = TRUE)$p.value,
                t.test(y1, y2, mu = 0.6, alternative = "less", var.equal = TRUE)$p.value))
write_json(list(cells = cells, plm = by_plm, drawn = drawn, shares = shares, tests = tests, adjusted = adjusted,
  equivalence = equivalence, two_samples = two), "reference.json", digits = NA, auto_unbox = TRUE)
