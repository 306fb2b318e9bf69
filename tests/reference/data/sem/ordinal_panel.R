# lavaan's random-intercept cross-lagged models and growth of ordered questions, thresholds equal over waves.
# Usage: Rscript ordinal_panel.R (in this folder). One question: the response has no residual, which lavaan takes in its
# theta parameterisation; "delta" sets var(RI) + var(w1) to one, "theta" var(w1). Growth: data of ordinal_growth.R.
suppressWarnings(suppressMessages({library(lavaan); library(jsonlite)})); set.seed(31); N <- 1200
RI <- MASS::mvrnorm(N, c(0, 0), matrix(c(.5, .2, .2, .4), 2)); w <- MASS::mvrnorm(N, c(0, 0), matrix(c(.5, .15, .15, .6), 2)); d <- list()
for (t in 1:4) { if (t > 1) w <- w %*% matrix(c(.35, .15, .1, .3), 2, byrow = TRUE) + MASS::mvrnorm(N, c(0, 0), matrix(c(.4, .1, .1, .5), 2))
  y <- RI + w + rep(c(.1, -.05) * (t - 1), each = N)
  d[[paste0("x", t)]] <- cut(y[, 1], c(-Inf, -.8, -.1, .6, Inf), labels = FALSE); d[[paste0("y", t)]] <- cut(y[, 2], c(-Inf, -1, -.2, .4, 1.1, Inf), labels = FALSE)
  for (k in 1:3) { d[[paste0("a", k, t)]] <- cut(c(1, .8, 1.2)[k] * y[, 1] + rnorm(N, 0, .7), c(-Inf, -.9, 0, .8, Inf), labels = FALSE)
    d[[paste0("b", k, t)]] <- cut(c(1, 1.1, .9)[k] * y[, 2] + rnorm(N, 0, .8), c(-Inf, -.5, .7, Inf), labels = FALSE) } }
d <- as.data.frame(d); set.seed(32); for (v in names(d)) d[[v]][runif(N) < .06] <- NA; d$weight <- round(runif(N, .4, 2), 3)
write.csv(d, "ordinal_panel.csv", row.names = FALSE, na = ""); d <- read.csv("ordinal_panel.csv"); g <- read.csv("ordinal_growth.csv"); T <- 1:4
th <- function(v, stem, n, free = FALSE) paste0(v, " | ", paste0(ifelse(free & seq_len(n) > 2, "", paste0(stem, seq_len(n), "*")), "t", seq_len(n), collapse = " + "))
within <- function(equal, w1) c(
  paste0("wx", 2:4, " ~ ", if (equal) "lxx*" else "", "wx", 1:3, " + ", if (equal) "lxy*" else "", "wy", 1:3), paste0("wy", 2:4, " ~ ", if (equal) "lyx*" else "", "wx", 1:3, " + ", if (equal) "lyy*" else "", "wy", 1:3),
  "RIx ~~ vx*RIx + RIy", "RIy ~~ vy*RIy", paste0("wx", 2:4, " ~~ wx", 2:4, " + wy", 2:4), paste0("wy", 2:4, " ~~ wy", 2:4), "wx1 ~~ wy1", w1)
single <- function(equal = FALSE, unit = "delta", free = FALSE, zero = FALSE, means = TRUE) {
  m <- c(paste0("RIx =~ ", paste0("1*x", T, collapse = " + ")), paste0("RIy =~ ", paste0("1*y", T, collapse = " + ")), paste0("wx", T, " =~ 1*x", T), paste0("wy", T, " =~ 1*y", T),
    within(equal, if (unit == "theta") c("wx1 ~~ 1*wx1", "wy1 ~~ 1*wy1") else if (zero) c("wx1 ~~ 1*wx1", "wy1 ~~ ay*wy1", "vy + ay == 1") else c("wx1 ~~ ax*wx1", "wy1 ~~ ay*wy1", "vx + ax == 1", "vy + ay == 1")),
    th(paste0("x", T), "p", 3, free), th(paste0("y", T), "q", 4, free), paste0(c("x", "y"), rep(T, each = 2), " ~~ 0*", c("x", "y"), rep(T, each = 2)), "x1 ~ 0*1", "y1 ~ 0*1",
    paste0("x", 2:4, if (means) " ~ NA*1" else " ~ 0*1"), paste0("y", 2:4, if (means) " ~ NA*1" else " ~ 0*1"))
  if (zero) m <- sub("RIx ~~ vx*RIx + RIy", "RIx ~~ 0*RIx + 0*RIy", m, fixed = TRUE); m }
several <- function(unit = "delta", free = FALSE) { I <- function(s, t) paste0(s, 1:3, t)
  c(unlist(lapply(T, function(t) c(paste0("Fx", t, " =~ 1*a1", t, " + l2*a2", t, " + l3*a3", t), paste0("Fy", t, " =~ 1*b1", t, " + k2*b2", t, " + k3*b3", t),
    unlist(lapply(1:3, function(k) c(th(paste0("a", k, t), paste0("ta", k, "_"), 3, free), th(paste0("b", k, t), paste0("tb", k, "_"), 2)))),
    paste0(c(I("a", t), I("b", t)), " ~ 0*1"), if (t == 1) c("Fx1 ~ 0*1", "Fy1 ~ 0*1") else paste0(c("Fx", "Fy"), t, " ~ NA*1"),
    if (unit == "delta") paste0(c(I("a", t), I("b", t)), " ~*~ ", if (t == 1) "1*" else "NA*", c(I("a", t), I("b", t))) else paste0(c(I("a", t), I("b", t)), " ~~ ", if (t == 1) "1*" else "NA*", c(I("a", t), I("b", t)))))),
    paste0("RIx =~ ", paste0("1*Fx", T, collapse = " + ")), paste0("RIy =~ ", paste0("1*Fy", T, collapse = " + ")), paste0("wx", T, " =~ 1*Fx", T), paste0("wy", T, " =~ 1*Fy", T),
    paste0("Fx", T, " ~~ 0*Fx", T), paste0("Fy", T, " ~~ 0*Fy", T), within(TRUE, c("wx1 ~~ wx1", "wy1 ~~ wy1"))) }
growth2 <- function(unit = "delta", free = FALSE, s = c(0, 1, 2, 3.5)) { v <- paste0("u", 1:4)
  c(paste0("i =~ ", paste0("1*", v, collapse = " + ")), paste0("s =~ ", paste0(s, "*", v, collapse = " + ")), "i ~~ i + s", "s ~~ s", "i ~ 0*1", "s ~ 1", th(v, "p", 3, free), paste0(v, " ~ 0*1"),
    if (unit == "delta") c("u1 ~*~ 1*u1", paste0(v[-1], " ~*~ NA*", v[-1])) else c("u1 ~~ 1*u1", paste0(v[-1], " ~~ NA*", v[-1]))) }
both <- c(paste0("i_x =~ ", paste0("1*x", T, collapse = " + ")), paste0("s_x =~ ", paste0(0:3, "*x", T, collapse = " + ")), paste0("i_y =~ ", paste0("1*y", T, collapse = " + ")), paste0("s_y =~ ", paste0(0:3, "*y", T, collapse = " + ")),
  "i_x ~~ i_x + s_x + i_y + s_y", "s_x ~~ s_x + i_y + s_y", "i_y ~~ i_y + s_y", "s_y ~~ s_y", "i_x + i_y ~ 0*1", "s_x + s_y ~ 1", th(paste0("x", T), "p", 3), th(paste0("y", T), "q", 4),
  paste0(c("x", "y"), rep(T, each = 2), " ~ 0*1"), paste0(c("x", "y"), rep(T, each = 2), " ~*~ ", rep(c("1*", "NA*", "NA*", "NA*"), each = 2), c("x", "y"), rep(T, each = 2)))
pick <- function(f) { p <- parameterEstimates(f, standardized = TRUE, remove.eq = FALSE); p <- p[!p$op %in% c("==", "~*~") | (p$op == "~*~" & p$se > 0), ]
  list(fit = as.list(unclass(fitMeasures(f))), params = p[, intersect(c("lhs", "op", "rhs", "est", "se", "std.all"), names(p))]) }
fit <- function(m, how, data = d, ...) { v <- intersect(names(data), lavNames(lavaanify(m), "ov"))
  f <- suppressWarnings(lavaan(m, data, ordered = v, estimator = "WLSMV", parameterization = how, missing = "pairwise", ...)); stopifnot(lavInspect(f, "converged")); f }
lrt <- function(a, b) as.list(as.data.frame(lavTestLRT(a, b, method = "satorra.2000", A.method = "delta", scaled.shifted = TRUE))[2, c("Chisq diff", "Df diff", "Pr(>Chisq)")])
s <- fit(single(), "theta"); m <- fit(several(), "delta"); o <- fit(growth2(), "delta", g)
out <- list(single = pick(s), single_theta = pick(fit(single(unit = "theta"), "theta")), single_equal = pick(fit(single(TRUE), "theta")), single_zero = pick(fit(single(zero = TRUE), "theta")), single_means = pick(fit(single(means = FALSE), "theta")),
  single_weights = pick(fit(single(TRUE), "theta", sampling.weights = "weight")), single_free = lrt(s, fit(single(free = TRUE), "theta")), several = pick(m), several_theta = pick(fit(several("theta"), "theta")), several_free = lrt(m, fit(several(free = TRUE), "delta")),
  growth = pick(o), growth_theta = pick(fit(growth2("theta"), "theta", g)), growth_times_theta = pick(fit(growth2("theta", s = c(0, .5, 2, 3.5)), "theta", g)), growth_free = lrt(o, fit(growth2(free = TRUE), "delta", g)), growth_two = pick(fit(both, "delta")))
writeLines(toJSON(out, auto_unbox = TRUE, digits = NA, na = "null"), "ordinal_panel.json")
