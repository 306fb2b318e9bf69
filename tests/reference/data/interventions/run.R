# Interventions on sim_shippable/staggered_sim.csv and on a panel of people in areas (people.csv, made here): unbalanced, weighted, with
# gaps. R has no `did` here: the estimators of Sant'Anna & Zhao (2020) are written out from the paper's moment conditions
# and their standard errors from a numerical Jacobian of the stacked conditions, which shares no formula with an
# influence function; imputation and two-way by lm with every dummy; synthetic control by quadratic programming.
suppressMessages({library(sandwich); library(quadprog); library(numDeriv); library(jsonlite)})
s <- read.csv("../sim_shippable/staggered_sim.csv"); R <- list()

# --- moment conditions: theta = nuisance, then means; the effect a function of them
gmm <- function(theta, moments, n, effect) {
  psi <- moments(theta); A <- jacobian(function(t) colMeans(moments(t)), theta); B <- crossprod(psi) / n
  V <- solve(A) %*% B %*% t(solve(A)) / n; g <- grad(effect, theta)
  list(att = effect(theta), se = sqrt(as.numeric(t(g) %*% V %*% g)))
}
panel_att <- function(dy, D, X, w, kind) {
  n <- length(dy); k <- ncol(X); w <- w / mean(w)
  b <- coef(lm.wfit(X[D == 0, , drop = FALSE], dy[D == 0], w[D == 0])); g <- suppressWarnings(coef(glm.fit(X, D, w, family = binomial(), control = list(epsilon = 1e-14))))
  m <- function(t) {
    b <- t[1:k]; g <- t[k + 1:k]; p <- plogis(as.numeric(X %*% g)); f <- as.numeric(X %*% b); o <- w * (1 - D) * p / (1 - p)
    left <- if (kind == "weighting") dy else dy - f
    reg <- w * (1 - D) * (dy - f) * X; ps <- w * (D - p) * X
    if (kind == "regression") cbind(reg, ps, w * D * (left - t[2 * k + 1]), t[2 * k + 2] + 0 * dy)
    else cbind(reg, ps, w * D * (left - t[2 * k + 1]), o * (left - t[2 * k + 2]))
  }
  p <- plogis(as.numeric(X %*% g)); f <- as.numeric(X %*% b); left <- if (kind == "weighting") dy else dy - f; o <- w * (1 - D) * p / (1 - p)
  theta <- c(b, g, weighted.mean(left, w * D), if (kind == "regression") 0 else weighted.mean(left, o))
  gmm(theta, m, n, function(t) t[2 * k + 1] - t[2 * k + 2])
}
rc_att <- function(y, P, D, X, w, kind) {
  n <- length(y); k <- ncol(X); w <- w / mean(w)
  cf <- function(d, p) coef(lm.wfit(X[D == d & P == p, , drop = FALSE], y[D == d & P == p], w[D == d & P == p]))
  nu <- c(cf(0, 0), cf(0, 1), cf(1, 0), cf(1, 1), suppressWarnings(coef(glm.fit(X, D, w, family = binomial(), control = list(epsilon = 1e-14)))))
  parts <- function(t) {
    f <- function(i) as.numeric(X %*% t[(i - 1) * k + 1:k]); p <- plogis(f(5)); o <- w * (1 - D) * p / (1 - p)
    c00 <- f(1); c01 <- f(2); c10 <- f(3); c11 <- f(4)
    nuis <- cbind(w*(D==0)*(P==0)*(y-c00)*X, w*(D==0)*(P==1)*(y-c01)*X, w*(D==1)*(P==0)*(y-c10)*X, w*(D==1)*(P==1)*(y-c11)*X, w*(D-p)*X)
    z <- switch(kind,
      regression = list(list(w*D*P, y, 1), list(w*D*(1-P), y, -1), list(w*D, c01, -1), list(w*D, c00, 1)),
      weighting = list(list(w*D*P, y, 1), list(w*D*(1-P), y, -1), list(o*P, y, -1), list(o*(1-P), y, 1)),
      doubly_robust = list(list(w*D*P, y-c01, 1), list(w*D*(1-P), y-c00, -1), list(o*P, y-c01, -1), list(o*(1-P), y-c00, 1),
        list(w*D, c11-c01, 1), list(w*D*P, c11-c01, -1), list(w*D, c10-c00, -1), list(w*D*(1-P), c10-c00, 1)))
    list(nuis = nuis, z = z)
  }
  z <- parts(nu)$z; mu <- sapply(z, function(q) sum(q[[1]] * q[[2]]) / sum(q[[1]])); sign <- sapply(z, `[[`, 3)
  m <- function(t) { q <- parts(t); cbind(q$nuis, sapply(seq_along(q$z), function(i) q$z[[i]][[1]] * (q$z[[i]][[2]] - t[5 * k + i]))) }
  gmm(c(nu, mu), m, n, function(t) sum(sign * t[5 * k + seq_along(sign)]))
}
w <- reshape(s, direction = "wide", idvar = c("id", "g"), timevar = "t")
for (kind in c("regression", "weighting", "doubly_robust")) for (ctl in c("never", "not_yet")) for (g in c(4, 6)) for (t in 2:8) {
  b <- if (t >= g) g - 1 else t - 1
  keep <- w$g == g | w$g == 0 | (ctl == "not_yet" & w$g > max(t, b) & w$g != g); v <- w[keep, ]
  early <- min(t, b)
  R$covariates[[kind]][[ctl]][[sprintf("g%d_t%d", g, t)]] <- panel_att(v[[paste0("y.", t)]] - v[[paste0("y.", b)]], as.numeric(v$g == g), cbind(1, v[[paste0("x.", early)]]), rep(1, nrow(v)), kind)
}
for (kind in c("regression", "weighting", "doubly_robust")) for (g in c(4, 6)) for (t in c(2, 5, 8)) {
  b <- if (t >= g) g - 1 else t - 1; v <- s[(s$g == g | s$g == 0) & s$t %in% c(t, b), ]
  R$cross_sections[[kind]][[sprintf("g%d_t%d", g, t)]] <- rc_att(v$y, as.numeric(v$t == t), as.numeric(v$g == g), cbind(1, v$x), rep(1, nrow(v)), kind)
}
# --- people in areas: unbalanced, weighted, a wave missing for all (w04), three starts, one area treated from the start
set.seed(31); n <- 400; A <- 20; p <- expand.grid(wave = c(1, 2, 3, 5, 6, 7), id = 1:n); p$area <- (p$id - 1) %% A + 1
start <- c(rep(0, 9), rep(3, 4), rep(5, 3), rep(6, 3), 1); p$start <- start[p$area]
p$age <- round(rnorm(n), 2)[p$id]; p$x <- round(rnorm(nrow(p)), 3); p$weight <- round(runif(n, .4, 2.5), 3)[p$id]
p$trust <- round(rnorm(n)[p$id] + .3 * rnorm(A)[p$area] + .05 * p$wave + .3 * p$x + ifelse(p$start > 0 & p$wave >= p$start, .4 + .1 * (p$wave - p$start), 0) + rnorm(nrow(p), 0, .7), 4)
p <- p[runif(nrow(p)) < .82, ]; p$trust[sample(nrow(p), 40)] <- NA
o <- data.frame(person_id = sprintf("p%03d", p$id), area_code = sprintf("A%02d", p$area), wave = sprintf("w%02d", p$wave), start = ifelse(p$start == 0, "", sprintf("w%02d", p$start)), age = p$age, x = p$x, weight = p$weight, trust = p$trust)
write.csv(o, "people.csv", row.names = FALSE, na = "")
q <- p[!is.na(p$trust) & p$start != 1, ]; q$d <- as.numeric(q$start > 0 & q$wave >= q$start)
cl <- function(m, cluster, k) { X <- model.matrix(m); X <- X[, !is.na(coef(m))]; e <- residuals(m); wt <- if (is.null(weights(m))) rep(1, length(e)) else weights(m); U <- rowsum(X * e * wt, cluster); G <- nrow(U); N <- nrow(X); b <- solve(crossprod(X * sqrt(wt))); b %*% crossprod(U) %*% b * G / (G - 1) * (N - 1) / (N - k) }
out <- function(m, V, terms) lapply(setNames(terms, terms), function(i) list(estimate = unname(coef(m)[i]), se = sqrt(V[i, i])))
T <- length(unique(q$wave)); m <- lm(trust ~ d + x + factor(id) + factor(wave), q); R$two_way <- out(m, cl(m, q$area, 2 + T), c("d", "x"))
m <- lm(trust ~ d + x + factor(id) + factor(wave), q, weights = weight); R$two_way_weighted <- out(m, cl(m, q$area, 2 + T), c("d", "x"))
m <- lm(trust ~ d + x + factor(area) + factor(wave), q, weights = weight); R$two_way_area <- out(m, cl(m, q$area, 2 + T), c("d", "x"))
# imputation: fitted on untreated rows, effects and weights by lm's hat matrix written out
u <- q[q$d == 0, ]; q2 <- q[q$id %in% u$id & q$wave %in% u$wave, ]; q2$one <- 1
Z <- model.matrix(~ factor(id) + factor(wave) + x, q2); i0 <- q2$d == 0; qz <- qr(Z[i0, ]); keep <- qz$pivot[1:qz$rank]; Z <- Z[, keep]
bj <- function(wt) {
  f <- as.numeric(Z %*% solve(crossprod(Z[i0, ] * sqrt(wt[i0])), crossprod(Z[i0, ] * wt[i0], q2$trust[i0]))); tau <- ifelse(i0, 0, q2$trust - f)
  est <- function(sel) { a <- ifelse(sel, wt, 0); a <- a / sum(a); v <- a; v[i0] <- -wt[i0] * as.numeric(Z[i0, ] %*% solve(crossprod(Z[i0, ] * sqrt(wt[i0])), crossprod(Z[!i0, ], a[!i0])))
    e <- q2$trust - f; cell <- paste(q2$start, q2$wave); for (c in unique(cell[!i0])) { j <- !i0 & cell == c; if (sum(v[j]^2) > 0) e[j] <- tau[j] - sum(v[j]^2 * tau[j]) / sum(v[j]^2) else e[j] <- tau[j] }
    list(estimate = sum(a * tau), se = sqrt(sum(rowsum(v * e, q2$area)^2))) }
  ev <- q2$wave - q2$start; c(list(att = est(!i0)), lapply(setNames(0:4, 0:4), function(h) est(!i0 & ev == h)))
}
R$imputation <- bj(rep(1, nrow(q2))); R$imputation_weighted <- bj(q2$weight / mean(q2$weight))
# Sun & Abraham without never treated: the last cohort (6) is compared with, before it is treated
z <- q[q$start > 0 & q$wave < 6, ]; z$ev <- z$wave - z$start; base <- c("3" = -1, "5" = -2); z$cell <- ifelse(z$start == 6 | z$ev == base[as.character(z$start)], "ref", sprintf("c%d_%d", z$start, z$ev))
z$cell <- relevel(factor(z$cell), "ref"); m <- lm(trust ~ cell + factor(id) + factor(wave), z); V <- cl(m, z$area, nlevels(z$cell) - 1 + length(unique(z$wave)))
nm <- grep("^cell", names(coef(m)), value = TRUE); R$sun_abraham_cells <- out(m, V, nm)
# synthetic control on area means: starts in wave 3 against never treated
a <- aggregate(trust ~ area + wave, s2 <- p[!is.na(p$trust) & p$start %in% c(0, 6), ], mean); Y <- reshape(a, direction = "wide", idvar = "area", timevar = "wave"); tr <- start[Y$area] == 6
Ym <- as.matrix(Y[, -1]); y1 <- colMeans(Ym[tr, ]); Y0 <- Ym[!tr, ]; pre <- 1:4
sc <- function(y1, Y0) { D <- Y0[, pre] %*% t(Y0[, pre]) + diag(1e-10, nrow(Y0)); r <- solve.QP(D, Y0[, pre] %*% y1[pre], cbind(1, diag(nrow(Y0))), c(1, rep(0, nrow(Y0))), meq = 1)$solution; g <- y1 - colSums(r * Y0); list(w = r, gap = g, ratio = sqrt(mean(g[-pre]^2)) / sqrt(mean(g[pre]^2))) }
f <- sc(y1, Y0); R$synthetic <- list(weights = setNames(as.list(f$w), sprintf("A%02d", Y$area[!tr])), gap = as.list(unname(f$gap)), rmspe = sqrt(mean(f$gap[pre]^2)), placebo = sapply(seq_len(nrow(Y0)), function(i) sc(Y0[i, ], Y0[-i, ])$ratio), ratio = f$ratio)
write_json(c(R, list(`_meta` = list(r = R.version.string, sandwich = as.character(packageVersion("sandwich")), quadprog = as.character(packageVersion("quadprog"))))), "reference.json", auto_unbox = TRUE, digits = 16, pretty = TRUE)
