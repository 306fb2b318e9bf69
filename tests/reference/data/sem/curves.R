# Trends with lags: latent curves with structured residuals, and autoregressive latent trajectories, by lavaan.
# Usage: Rscript curves.R (in this folder); simulates curves.csv and writes curves.json.
suppressWarnings(suppressMessages({library(lavaan); library(jsonlite)}))
set.seed(4); N <- 500; W <- 5; t <- c(0, 1, 2.5, 3, 4); quiet <- function(e) suppressWarnings(suppressMessages(e))
S <- matrix(.15, 4, 4); diag(S) <- c(1, .3, 1, .25); F <- MASS::mvrnorm(N, c(3, .3, 4, -.1), S); wx <- rnorm(N); wy <- rnorm(N); d <- data.frame(id = 1:N)
for (k in 1:W) { d[[paste0("x", k)]] <- round(F[, 1] + t[k]*F[, 2] + wx, 3); d[[paste0("y", k)]] <- round(F[, 3] + t[k]*F[, 4] + wy, 3); nx <- .3*wx + .1*wy + rexp(N) - 1; wy <- .2*wx + .25*wy + rnorm(N); wx <- nx }
write.csv(d[-1], "curves.csv", row.names = FALSE); d <- read.csv("curves.csv")
pick <- function(f) { p <- parameterEstimates(f, standardized = TRUE, remove.eq = FALSE); p <- p[p$op != "==", ]
  list(fit = as.list(unclass(quiet(fitMeasures(f)))), params = p[, intersect(c("lhs", "op", "rhs", "label", "est", "se", "std.all"), names(p))]) }
L <- function(s) quiet(lavaan(s, d, estimator = "MLR", meanstructure = TRUE))
v <- function(c, w = 1:W) paste0(c, w)
curve <- function(c, w, at) c(paste0("i_", c, " =~ ", paste0("1*", v(c, w), collapse = " + ")), paste0("s_", c, " =~ ", paste0(at, "*", v(c, w), collapse = " + ")))
f2 <- c("i_x", "s_x", "i_y", "s_y"); cov <- function(f) unlist(lapply(seq_along(f), function(k) paste(f[k], "~~", paste(f[k:length(f)], collapse = " + "))))
lag <- function(p) unlist(lapply(2:W, function(k) c(sprintf("%sx%d ~ a*%sx%d + b*%sy%d", p, k, p, k - 1, p, k - 1), sprintf("%sy%d ~ c*%sx%d + d*%sy%d", p, k, p, k - 1, p, k - 1))))
sr <- c(curve("x", 1:W, t), curve("y", 1:W, t), cov(f2), paste(f2, "~ 1"), paste0(c(v("x"), v("y")), " ~ 0*1"), paste0("w", v("x"), " =~ 1*", v("x")), paste0("w", v("y"), " =~ 1*", v("y")),
  lag("w"), paste0("w", v("x"), " ~~ w", v("x"), " + w", v("y")), paste0("w", v("y"), " ~~ w", v("y")))
alt <- c(curve("x", 2:W, t[-1]), curve("y", 2:W, t[-1]), cov(f2), paste(f2, "~ 1"), paste0(c(v("x", 2:W), v("y", 2:W)), " ~ 0*1"), "x1 ~ 1", "y1 ~ 1", "x1 ~~ x1 + y1", "y1 ~~ y1",
  paste0("x1 ~~ ", f2), paste0("y1 ~~ ", f2), lag(""), paste0(v("x", 2:W), " ~~ ", v("x", 2:W), " + ", v("y", 2:W)), paste0(v("y", 2:W), " ~~ ", v("y", 2:W)))
writeLines(toJSON(list(lcm_sr = pick(L(sr)), alt = pick(L(alt))), auto_unbox = TRUE, digits = NA, null = "null", na = "null"), "curves.json")
