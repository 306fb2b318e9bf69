# Oracle of the covariance-structure engine: everything simulated here, fitted by lavaan, full precision kept.
# Usage: Rscript run.R (in this folder); writes panel.csv, items.csv, indicators.csv and reference.json.
suppressWarnings(suppressMessages({library(lavaan); library(jsonlite)}))
set.seed(20); N <- 600; W <- 4; R <- list()

# ---- panel.csv: two constructs over four waves, skewed, clustered, weighted, two groups, MAR and planned gaps ----------
cl <- sample(1:60, N, TRUE); u <- rnorm(60, 0, .3)[cl]; z <- round(rnorm(N), 3); g <- ifelse(runif(N) < .45, "arm_b", "arm_a")
RI <- MASS::mvrnorm(N, c(0, 0), matrix(c(.5, .2, .2, .6), 2)) + .2*z; wx <- rnorm(N, 0, .7); wy <- .3*wx + rnorm(N, 0, .7); d <- data.frame(id = 1:N)
skew <- function(n, s) s*(rexp(n) - 1)
for (t in 1:W) { d[[paste0("x", t)]] <- 3 + .1*t + u + RI[, 1] + wx; d[[paste0("y", t)]] <- 4 + u + RI[, 2] + wy + .1*(g == "arm_b")*t
  e <- skew(N, .6); nx <- .35*wx + .10*wy + e; ny <- (.05 + .15*(g == "arm_b"))*wx + .30*wy + .2*e + skew(N, .5); wx <- nx; wy <- ny }
d <- round(d, 3); d$group <- g; d$cluster <- cl; d$weight <- round(exp(rnorm(N, 0, .4)), 4); d$z <- z; for (t in 1:W) d[[paste0("v", t)]] <- round(.3*d[[paste0("x", t)]] + rnorm(N), 3)
m <- d; gone <- rep(FALSE, N)
for (t in 2:W) { before <- m[[paste0("x", t - 1)]]; before[is.na(before)] <- 3; gone <- gone | runif(N) < plogis(-2 + .4*(before - 3)); m[gone, paste0(c("x", "y"), t)] <- NA }
for (v in paste0(rep(c("x", "y"), each = W), 1:W)) m[[v]][runif(N) < .06] <- NA
m[c(7, 11), paste0(rep(c("x", "y"), each = W), 1:W)] <- NA
write.csv(m, "panel.csv", row.names = FALSE, na = "")
m <- read.csv("panel.csv"); some <- m[-c(7, 11), ]  # two persons with no answer: lavaan counts them in N where a covariate or weight is known

# ---- items.csv: one scale of five items at two waves in two groups; ordered items of another -----------------------------
n <- 700; grp <- rep(c("north", "south"), c(380, 320)); E <- MASS::mvrnorm(n, c(0, .2), matrix(c(1, .6, .6, 1), 2)); E[grp == "south", ] <- E[grp == "south", ] * 1.2 + .3
lam <- c(1, .9, .8, .7, 1.1); uq <- matrix(rnorm(n*5, 0, .35), n); it <- data.frame(group = grp)
for (w in 1:2) for (j in 1:5) it[[paste0("a", w, j)]] <- round(3 + .2*j + lam[j]*E[, w] + uq[, j] + skew(n, .6) + .5*(grp == "south" & j == 3), 3)
F2 <- MASS::mvrnorm(n, c(0, 0), matrix(c(1, .5, .5, 1), 2)); F2[grp == "south", 1] <- F2[grp == "south", 1] + .4; lo <- c(.8, .7, .6, .75, .65, .7)
for (j in 1:6) { s <- lo[j]*F2[, 1 + (j > 3)] + sqrt(1 - lo[j]^2)*rnorm(n); it[[paste0("o", j)]] <- as.integer(cut(s, c(-Inf, -1 + .1*j, 0, .8, Inf))) }
write.csv(it, "items.csv", row.names = FALSE); it <- read.csv("items.csv")

# ---- what is kept of a fit ----------------------------------------------------------------------------------------------
pick <- function(f, std = FALSE) { p <- parameterEstimates(f, standardized = TRUE, remove.eq = FALSE, remove.def = FALSE)
  out <- list(fit = as.list(unclass(fitMeasures(f))), params = p[, intersect(c("lhs", "op", "rhs", "group", "label", "est", "se", "z", "pvalue", "std.all"), names(p))])
  if (std) { s <- standardizedSolution(f); out$std <- s[, intersect(c("lhs", "op", "rhs", "group", "est.std", "se"), names(s))] }; out }
quiet <- function(e) suppressWarnings(suppressMessages(e))
# lavaan's search stops some 1e-5 standard errors short of the top: it is started again from where it stopped
tight <- function(call, ...) { f <- quiet(call(..., em.h1.tol = 1e-8)); g <- try(quiet(call(..., em.h1.tol = 1e-8, start = f)), silent = TRUE); if (inherits(g, "try-error") || !lavInspect(g, "converged")) f else g }
L <- function(s, dat, ...) tight(lavaan, s, dat, meanstructure = TRUE, int.ov.free = TRUE, ...)
C <- function(s, dat, ...) tight(cfa, s, dat, meanstructure = TRUE, ...)
diff <- function(a, b, method) tryCatch({ x <- quiet(lavTestLRT(a, b, method = method)); list(chisq_diff = x[2, "Chisq diff"], df = x[2, "Df diff"], p = x[2, "Pr(>Chisq)"]) }, error = function(e) list(error = conditionMessage(e)))
three <- function(a, b) list(satorra.2000 = diff(a, b, "satorra.2000"), satorra.bentler.2001 = diff(a, b, "satorra.bentler.2001"), satorra.bentler.2010 = diff(a, b, "satorra.bentler.2010"))

gen <- function(lag = "free", groups = 1, ri = TRUE, extra = "", means = "free") { w <- 1:W; s <- extra
  if (ri) s <- c(s, "RIx =~ 1*x1+1*x2+1*x3+1*x4", "RIy =~ 1*y1+1*y2+1*y3+1*y4", "RIx ~~ RIx", "RIy ~~ RIy", "RIx ~~ RIy")
  s <- c(s, paste0("wx", w, " =~ 1*x", w), paste0("wy", w, " =~ 1*y", w))
  mark <- function(a, t) if (lag == "free") "" else if (lag == "groups") sprintf("c(%1$s%2$d,%1$s%2$d)*", a, t) else if (groups == 1) paste0(a, "*") else sprintf("c(%1$s1,%1$s2)*", a)
  for (t in 2:W) s <- c(s, sprintf("wx%d ~ %swx%d + %swy%d", t, mark("a", t), t - 1, mark("b", t), t - 1), sprintf("wy%d ~ %swx%d + %swy%d", t, mark("c", t), t - 1, mark("d", t), t - 1))
  s <- c(s, paste0("wx", w, " ~~ wx", w, " + wy", w), paste0("wy", w, " ~~ wy", w)); if (means == "equal") s <- c(s, paste0("x", w, " ~ mx*1"), paste0("y", w, " ~ my*1")); paste(s, collapse = "\n") }

# ---- 1 robust panel models: complete and incomplete, clustered, weighted ------------------------------------------------
S <- gen(); S0 <- gen("equal")
P <- list(ml_listwise = list(), ml_fiml = list(missing = "fiml"), mlr_listwise = list(estimator = "MLR"), mlr_fiml = list(estimator = "MLR", missing = "fiml"),
  cluster_listwise = list(estimator = "MLR", cluster = "cluster"), cluster_fiml = list(estimator = "MLR", cluster = "cluster", missing = "fiml"),
  weights_listwise = list(estimator = "MLR", sampling.weights = "weight"), weights_fiml = list(estimator = "MLR", sampling.weights = "weight", missing = "fiml"),
  both_listwise = list(estimator = "MLR", sampling.weights = "weight", cluster = "cluster"), both_fiml = list(estimator = "MLR", sampling.weights = "weight", cluster = "cluster", missing = "fiml"))
R$riclpm <- lapply(P, function(o) { free <- do.call(L, c(list(S, if (is.null(o$sampling.weights)) m else some), o)); equal <- do.call(L, c(list(S0, if (is.null(o$sampling.weights)) m else some), o)); list(free = pick(free, TRUE), equal = pick(equal, TRUE), diff = if (!is.null(o$estimator)) three(free, equal)) })
R$clpm <- pick(L(gen(ri = FALSE), m, missing = "fiml", estimator = "MLR"))
R$means <- pick(L(gen("equal", means = "equal"), m, missing = "fiml", estimator = "MLR"))

# ---- 2 groups -----------------------------------------------------------------------------------------------------------
for (k in c("listwise", "fiml")) { free <- L(S, m, missing = k, estimator = "MLR", group = "group"); equal <- L(gen("groups"), m, missing = k, estimator = "MLR", group = "group")
  R$groups[[k]] <- list(free = pick(free, TRUE), equal = pick(equal), diff = three(free, equal), labels = lavInspect(free, "group.label")) }

# ---- 3 covariates: constant on the random intercepts, on every wave, time-varying ---------------------------------------
R$covariate_between <- pick(L(gen(extra = c("RIx ~ z", "RIy ~ z")), some, missing = "fiml", estimator = "MLR", fixed.x = TRUE))
R$covariate_waves <- pick(L(gen(extra = c(paste0("x", 1:W, " ~ z"), paste0("y", 1:W, " ~ z"))), some, missing = "fiml", estimator = "MLR", fixed.x = TRUE))
R$time_varying <- pick(L(gen("equal", extra = c(paste0("x", 1:W, " ~ p*v", 1:W), paste0("y", 1:W, " ~ q*v", 1:W))), some, missing = "fiml", estimator = "ML", fixed.x = TRUE))

# ---- 4 growth -----------------------------------------------------------------------------------------------------------
R$growth <- lapply(list(linear = "i =~ 1*x1+1*x2+1*x3+1*x4\ns =~ 0*x1+1*x2+2*x3+3*x4", piecewise = "i =~ 1*x1+1*x2+1*x3+1*x4\ns1 =~ 0*x1+1*x2+1*x3+1*x4\ns2 =~ 0*x1+0*x2+1*x3+2*x4\ns1 ~~ 0*s1 + 0*s2 + 0*i"), function(s) pick(tight(growth, s, m, missing = "fiml", estimator = "MLR"), TRUE))

# ---- 5 measurement: invariance over groups and over waves, score tests --------------------------------------------------
one <- "f =~ a11 + a12 + a13 + a14 + a15"; eq <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"), strict = c("loadings", "intercepts", "residuals"))
G <- lapply(eq, function(e) C(one, it, group = "group", group.equal = e, estimator = "MLR"))
R$group_invariance <- list(fits = lapply(G, pick), diff = list(metric = three(G[[1]], G[[2]]), scalar = three(G[[2]], G[[3]]), strict = three(G[[3]], G[[4]])))
Gm <- C(one, it, group = "group", group.equal = c("loadings", "intercepts")); sc <- quiet(lavTestScore(Gm)); R$score_group <- list(total = as.list(sc$test), uni = as.data.frame(sc$uni), params = parTable(Gm)[, c("lhs", "op", "rhs", "group", "label", "plabel", "free")])
two <- function(lev) { s <- c(); for (w in 1:2) { lab <- if (lev == "configural") rep("", 4) else paste0("l", 2:5, "*"); s <- c(s, sprintf("F%d =~ 1*a%d1 + %s", w, w, paste0(lab, "a", w, 2:5, collapse = " + "))); if (lev %in% c("scalar", "strict")) s <- c(s, sprintf("a%d%d ~ i%d*1", w, 1:5, 1:5), if (w == 2) "F2 ~ 1"); if (lev == "strict") s <- c(s, sprintf("a%d%d ~~ e%d*a%d%d", w, 1:5, 1:5, w, 1:5)) }; paste(c(s, sprintf("a1%1$d ~~ a2%1$d", 1:5)), collapse = "\n") }
R$wave_invariance <- lapply(c(configural = "configural", metric = "metric", scalar = "scalar", strict = "strict"), function(l) pick(C(two(l), it, estimator = "MLR"), TRUE))
mi <- quiet(modindices(C(one, it))); R$modification <- mi[, c("lhs", "op", "rhs", "mi", "epc")]

# ---- 6 ordered items ----------------------------------------------------------------------------------------------------
O <- "f =~ o1 + o2 + o3\nh =~ o4 + o5 + o6"; of <- paste0("o", 1:6)
R$polychoric <- list(names = of, rho = unname(lapply(1:6, function(i) as.numeric(lavCor(it[, of], ordered = of)[i, ]))))
w1 <- quiet(cfa(O, it, ordered = of, estimator = "WLSMV")); R$wlsmv <- pick(w1, TRUE); R$wlsmv_th <- pick(quiet(cfa(O, it, ordered = of, estimator = "DWLS")))
wg <- quiet(cfa(O, it, ordered = of, estimator = "WLSMV", group = "group")); wm <- quiet(cfa(O, it, ordered = of, estimator = "WLSMV", group = "group", group.equal = "loadings")); ws <- quiet(cfa(O, it, ordered = of, estimator = "WLSMV", group = "group", group.equal = c("loadings", "thresholds")))
R$wlsmv_groups <- list(configural = pick(wg), metric = pick(wm), scalar = pick(ws), diff_metric = diff(wg, wm, "satorra.2000"), diff_scalar = diff(wm, ws, "satorra.2000"))
# ---- 7 several indicators a wave: factors with loadings and intercepts equal over waves -----------------------------------
n <- 500; RI <- MASS::mvrnorm(n, c(0, 0), matrix(c(.5, .15, .15, .5), 2)); wx <- rnorm(n, 0, .7); wy <- rnorm(n, 0, .7); ind <- data.frame(id = 1:n); lam <- c(1, .8, 1.1)
for (t in 1:3) { for (j in 1:3) { ind[[paste0("x", t, letters[j])]] <- round(3 + .1*t + .2*j + lam[j]*(RI[, 1] + wx) + rnorm(n, 0, .6), 3); ind[[paste0("y", t, letters[j])]] <- round(4 - .1*j + lam[j]*(RI[, 2] + wy) + skew(n, .5), 3) }
  nx <- .4*wx + .1*wy + rnorm(n, 0, .6); wy <- .15*wx + .3*wy + rnorm(n, 0, .6); wx <- nx }
for (v in names(ind)[-1]) ind[[v]][runif(n) < .1] <- NA
write.csv(ind, "indicators.csv", row.names = FALSE, na = ""); ind <- read.csv("indicators.csv")
I <- c(); for (c in c("x", "y")) for (t in 1:3) I <- c(I, sprintf("F%1$s%2$d =~ 1*%1$s%2$da + l_%1$s_b*%1$s%2$db + l_%1$s_c*%1$s%2$dc", c, t), sprintf("%1$s%2$d%3$s ~ i_%1$s_%3$s*1", c, t, letters[1:3]), sprintf("%1$s%2$d%3$s ~~ %1$s%2$d%3$s", c, t, letters[1:3]), if (t > 1) sprintf("F%s%d ~ 1", c, t), sprintf("w%1$s%2$d =~ 1*F%1$s%2$d", c, t), sprintf("F%1$s%2$d ~~ 0*F%1$s%2$d", c, t))
I <- c(I, "RIx =~ 1*Fx1 + 1*Fx2 + 1*Fx3", "RIy =~ 1*Fy1 + 1*Fy2 + 1*Fy3", "RIx ~~ RIx + RIy", "RIy ~~ RIy", paste0("wx", 1:3, " ~~ wx", 1:3, " + wy", 1:3), paste0("wy", 1:3, " ~~ wy", 1:3), "wx2 ~ wx1 + wy1", "wy2 ~ wx1 + wy1", "wx3 ~ wx2 + wy2", "wy3 ~ wx2 + wy2")
R$indicators <- pick(quiet(lavaan(paste(I, collapse = "\n"), ind, missing = "fiml", estimator = "MLR", meanstructure = TRUE, em.h1.tol = 1e-8)))
R$`_meta` <- list(r = R.version.string, lavaan = as.character(packageVersion("lavaan")), note = "All data simulated in this script.")
writeLines(toJSON(R, auto_unbox = TRUE, digits = NA, null = "null", na = "null", force = TRUE), "reference.json")
