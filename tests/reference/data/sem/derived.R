# lavaan's latent change scores, derived effects (:=) with the intervals of its bootstrap, and factor scores.
# Usage: Rscript derived.R (in this folder); simulates change.csv and scores.csv, writes derived.json.
suppressWarnings(suppressMessages({library(lavaan); library(jsonlite)}))
W <- 5; quiet <- function(e) suppressWarnings(suppressMessages(e))
set.seed(9); N <- 500; S <- matrix(.2, 4, 4); diag(S) <- c(1, .3, 1, .3); F <- MASS::mvrnorm(N, c(3, 1.2, 4, .9), S)
lx <- F[, 1]; ly <- F[, 3]; d <- data.frame(id = 1:N)
for (k in 1:W) { d[[paste0("x", k)]] <- round(lx + rnorm(N, 0, .5), 3); d[[paste0("y", k)]] <- round(ly + (rexp(N) - 1) * .6, 3)
  nx <- lx + F[, 2] - .25 * lx + .1 * ly; ly <- ly + F[, 4] - .3 * ly + .15 * lx; lx <- nx }
d <- d[-1]; write.csv(d, "change.csv", row.names = FALSE); d <- read.csv("change.csv")
holes <- d; for (v in names(holes)) holes[[v]][runif(nrow(holes)) < .12] <- NA
write.csv(holes, "change_holes.csv", row.names = FALSE, na = ""); holes <- read.csv("change_holes.csv")
scores <- function(c) c(paste0("l", c, 1:W, " =~ 1*", c, 1:W), paste0(c, 1:W, " ~~ e_", c, "*", c, 1:W), paste0(c, 1:W, " ~ 0*1"))
changes <- function(c, constant = TRUE) c(
  paste0("d", c, 2:W, " =~ 1*l", c, 2:W), paste0("l", c, 2:W, " ~ 1*l", c, 1:(W - 1)), paste0("l", c, 2:W, " ~~ 0*l", c, 2:W),
  paste0("d", c, 2:W, " ~~ 0*d", c, 2:W), paste0("l", c, 2:W, " ~ 0*1"),
  if (constant) c(paste0("s_", c, " =~ ", paste0("1*d", c, 2:W, collapse = " + ")), paste0("d", c, 2:W, " ~ 0*1"))
  else paste0("d", c, 2:W, " ~ ch_", c, "*1"))
depends <- function(c, o = NULL) paste0("d", c, 2:W, " ~ b_", c, "*l", c, 1:(W - 1), if (!is.null(o)) paste0(" + g_", c, "*l", o, 1:(W - 1)))
at <- c(lx1 = 3, s_x = 1, ly1 = 4, s_y = 1)
moments <- function(f) c(paste0(f, " ~ start(", at[f], ")*1"), paste0(f, " ~~ start(", c(.8, .2)[1 + grepl("s_", f)], ")*", f), unlist(lapply(seq_along(f)[-1], function(k) paste(f[k], "~~", f[1:(k - 1)]))))
one <- c(scores("x"), changes("x"), depends("x"), moments(c("lx1", "s_x")))
flat <- c(scores("x"), changes("x", FALSE), depends("x"), moments("lx1"))
two <- c(scores("x"), changes("x"), depends("x", "y"), scores("y"), changes("y"), depends("y", "x"),
  moments(c("lx1", "s_x", "ly1", "s_y")), paste0("x", 1:W, " ~~ e_xy*y", 1:W))
alone <- c(scores("x"), changes("x"), depends("x"), scores("y"), changes("y"), depends("y"),
  moments(c("lx1", "s_x", "ly1", "s_y")), paste0("x", 1:W, " ~~ e_xy*y", 1:W))
fit <- function(s, data = d, ...) quiet(lavaan(s, data, meanstructure = TRUE, control = list(iter.max = 20000), ...))
pick <- function(f) { p <- parameterEstimates(f, standardized = TRUE, remove.eq = FALSE); p <- p[p$op != "==", ]
  list(fit = as.list(unclass(quiet(fitMeasures(f)))), params = p[, intersect(c("lhs", "op", "rhs", "label", "est", "se", "std.all"), names(p))]) }
R <- list(one = pick(fit(one)), flat = pick(fit(flat)), two = pick(fit(two)), two_mlr = pick(fit(two, estimator = "MLR")),
  alone = pick(fit(alone)), holes = pick(fit(two, holes, missing = "fiml", estimator = "MLR")))

# derived effects of a path model, with lavaan's bootstrap draws and its intervals of them
path <- c("x3 ~ a*x1 + e*y1", "y3 ~ b*x3 + c*x1 + f*y1", "indirect := a*b", "total := indirect + c", "share := indirect / total",
  "odd := exp(a) - sqrt(c*c) + b^2 - 2*log(3)")
boot <- quiet(sem(path, d, se = "bootstrap", bootstrap = 199, iseed = 3, meanstructure = TRUE, fixed.x = FALSE))
ends <- function(type) { p <- parameterEstimates(boot, boot.ci.type = type); p <- p[p$op %in% c("~", ":="), c("lhs", "op", "rhs", "label", "est", "se", "ci.lower", "ci.upper")]; p }
draws <- boot@boot$coef; keep <- c("a", "e", "b", "c", "f"); draws <- matrix(as.vector(draws), nrow(draws)); at <- boot@ParTable; draws <- draws[, at$free[match(keep, at$label)]]
R$derived <- parameterEstimates(quiet(sem(path, d, meanstructure = TRUE, fixed.x = FALSE)))[, c("lhs", "op", "rhs", "label", "est", "se", "z", "pvalue", "ci.lower", "ci.upper")]
R$derived_mlr <- parameterEstimates(quiet(sem(path, holes, meanstructure = TRUE, fixed.x = FALSE, missing = "fiml", estimator = "MLR")))[, c("lhs", "op", "rhs", "label", "est", "se")]
R$bootstrap <- list(labels = keep, draws = draws, percentile = ends("perc"), bias_corrected = ends("bca.simple"))
# BCa with acceleration, by boot, of the same draws: influence of each person by the jackknife
suppressMessages(library(boot)); statistic <- function(data, i) { f <- lm(x3 ~ x1 + y1, data[i, ]); g <- lm(y3 ~ x3 + x1 + y1, data[i, ]); unname(coef(f)["x1"] * coef(g)["x3"]) }
set.seed(5); b <- boot(d, statistic, 999); jack <- (nrow(d) - 1) * (mean(sapply(1:nrow(d), function(k) statistic(d[-k, ], 1:(nrow(d) - 1)))) - sapply(1:nrow(d), function(k) statistic(d[-k, ], 1:(nrow(d) - 1))))
ci <- boot.ci(b, type = c("perc", "bca"), L = jack)
R$boot <- list(t0 = b$t0, t = as.vector(b$t), L = jack, percentile = ci$percent[4:5], bca = ci$bca[4:5])

# factor scores with standard errors
sim <- simulateData("f =~ .8*x1 + .7*x2 + .6*x3 + .5*x4\ng =~ .7*y1 + .6*y2 + .8*y3\nf ~~ .4*g", sample.nobs = 250, seed = 6, standardized = TRUE)
sim <- round(sim, 3); gone <- sim; set.seed(7); for (v in names(gone)) gone[[v]][runif(250) < .06] <- NA
write.csv(gone, "scores.csv", row.names = FALSE, na = ""); gone <- read.csv("scores.csv"); whole <- gone[complete.cases(gone), ]
model <- "f =~ x1 + x2 + x3 + x4\ng =~ y1 + y2 + y3"
f1 <- quiet(cfa(model, whole, meanstructure = TRUE, control = list(rel.tol = 1e-10))); f2 <- quiet(cfa(model, gone, missing = "fiml", control = list(rel.tol = 1e-10)))
plain <- function(m) { m <- unclass(m); a <- list(dim = dim(m)); attributes(m) <- a; m }
predict <- function(f, how) { s <- lavPredict(f, method = how, se = "standard"); se <- attr(s, "se")[[1]]; list(scores = plain(s), se = as.vector(se)) }
R$scores <- list(complete_regression = predict(f1, "regression"), complete_bartlett = predict(f1, "Bartlett"))
R$scores$missing_regression <- list(scores = plain(lavPredict(f2, method = "regression")))
R$scores$missing_bartlett <- list(scores = plain(lavPredict(f2, method = "Bartlett")))
for (how in c("regression", "Bartlett")) { s <- tryCatch(lavPredict(f2, method = how, se = "standard"), error = function(e) NULL)
  if (!is.null(s)) { se <- attr(s, "se")[[1]]; R$scores[[paste0("missing_", tolower(how))]]$se <- if (is.matrix(se)) plain(se) else as.vector(se) } }
writeLines(toJSON(R, auto_unbox = TRUE, digits = NA, na = "null"), "derived.json")
