# Likelihood-ratio tests of structural models over imputations (D3; Meng & Rubin 1992), by hand from lavaan's fits: each
# imputation's log-likelihood at its own estimates and at their means. Usage: Rscript structural.R (in this folder)
suppressWarnings(suppressMessages({library(lavaan); library(jsonlite)})); long <- read.csv("panel600_imputed_long.csv")
sets <- split(long, long$.imp); v <- paste0("trust", 1:4)
linear <- "i =~ 1*trust1 + 1*trust2 + 1*trust3 + 1*trust4\ns =~ 0*trust1 + 1*trust2 + 2*trust3 + 3*trust4\ns ~~ 0*s + 0*i"
level <- "i =~ 1*trust1 + 1*trust2 + 1*trust3 + 1*trust4"
saturated <- paste(c(outer(1:4, 1:4, function(a, b) ifelse(a <= b, paste0("trust", a, " ~~ trust", b), ""))), collapse = "\n")
saturated <- paste(saturated, paste0(v, " ~ 1", collapse = "\n"), sep = "\n")
fits <- function(m, f = growth) lapply(sets, function(d) f(m, d, missing = "ml"))
at <- function(all) { p <- parTable(all[[1]]); p$est <- rowMeans(sapply(all, function(f) parTable(f)$est)); p$ustart <- p$start <- p$est; p$free <- 0L
  i <- lavInspect(lavaan(p, sets[[1]], do.fit = FALSE), "implied"); S <- i$cov[v, v]; mu <- i$mean[v]
  sapply(sets, function(d) sum(mvtnorm::dmvnorm(as.matrix(d[, v]), mu, S, log = TRUE))) }
own <- function(all) sapply(all, function(f) as.numeric(logLik(f)))
d3 <- function(free, held, k) { m <- length(sets); a <- mean(2 * (own(free) - own(held))); b <- mean(2 * (at(free) - at(held))); r <- (m + 1) / (k * (m - 1)) * (a - b)
  t <- k * (m - 1); w <- if (t > 4) 4 + (t - 4) * (1 + (1 - 2 / t) / r)^2 else t * (1 + 1 / k) * (1 + 1 / r)^2 / 2; D <- b / (k * (1 + r))
  list(statistic = D, df1 = k, df2 = w, riv = r, p = pf(D, k, w, lower.tail = FALSE), own = a, pooled = b) }
L <- fits(linear); I <- fits(level); S <- fits(saturated, lavaan)
par <- sapply(L, function(f) coef(f)); err <- sapply(L, function(f) sqrt(diag(vcov(f)))); m <- length(sets)
pooled <- data.frame(name = rownames(par), estimate = rowMeans(par), se = sqrt(rowMeans(err^2) + (1 + 1 / m) * apply(par, 1, var)))
writeLines(toJSON(list(linear_vs_level = d3(L, I, 1), linear_vs_saturated = d3(S, L, 7), level_vs_saturated = d3(S, I, 8), pooled = pooled, chisq = unname(sapply(L, fitMeasures, "chisq"))), auto_unbox = TRUE, digits = NA), "structural.json")
