# Numbers for pipeline/index/coherence and pipeline/index/uncertainty. Everything is simulated here.
#   Rscript run.R      (R 4.2; lme4, lavaan, survey, jsonlite)
suppressMessages({library(lme4); library(lavaan); library(survey); library(jsonlite)})
R <- list(); set.seed(21)

# ---- 1 people of unequal areas: two indicators of two domains each, weights, bootstrap replicates
n <- c(4, 7, 12, 15, 22, 30, 41, 55, 9, 18); area <- rep(sprintf("A%02d", seq_along(n)), n); N <- sum(n); u <- rnorm(length(n), 0, 4)
f <- rnorm(N, 0, 8); p <- data.frame(person_id = sprintf("p%03d", 1:N), wave = "w01", area, weight = round(runif(N, .4, 2.2), 3))
for (v in c("t1", "t2", "b1", "b2")) { p[[v]] <- pmin(100, pmax(0, round((50 + rep(u, n) + f + rnorm(N, 0, 12)) / 5) * 5)); p[[v]][runif(N) < .06] <- NA }
write.csv(p, "people.csv", row.names = FALSE, na = "")
B <- 60; m <- matrix(1, N, B); for (a in unique(area)) { k <- which(area == a); for (b in 1:B) { s <- tabulate(sample(length(k), length(k) - 1, TRUE), length(k)); m[k, b] <- s * length(k) / (length(k) - 1) } }
w <- round(p$weight * m, 6); colnames(w) <- sprintf("r%03d", 1:B); write.csv(data.frame(person_id = p$person_id, panel_weight = p$weight, w), "replicates.csv", row.names = FALSE)
score <- function(x, cov = .5) ifelse(rowMeans(!is.na(x)) >= cov, rowMeans(x, na.rm = TRUE), NA)
p$trust <- score(p[, c("t1", "t2")]); p$belonging <- score(p[, c("b1", "b2")]); p$index <- score(p[, c("trust", "belonging")])
d <- svrepdesign(data = p, weights = ~weight, repweights = w, type = "bootstrap", combined.weights = TRUE)
R$survey <- lapply(c(trust = "trust", belonging = "belonging", index = "index", t1 = "t1"), function(v) { s <- svyby(reformulate(v), ~area, d, svymean, na.rm = TRUE); list(mean = unname(s[[v]]), se = unname(SE(s))) })
s <- svyby(~index, ~area, d, svymean, na.rm = TRUE, covmat = TRUE); R$survey$covariance <- unname(as.matrix(vcov(s)))

# ---- 2 one-way random effects, unweighted
R$lme4 <- lapply(c(t1 = "t1", index = "index"), function(v) { g <- lmer(reformulate("(1 | area)", v), p, REML = TRUE, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5))); vc <- as.data.frame(VarCorr(g)); list(tau2 = vc$vcov[1], sigma2 = vc$vcov[2], mu = unname(fixef(g))) })
# the exact interval of tau2 / sigma2 (Wald 1940), by root finding on its definition
wald <- function(y, g, level = .95) { g <- factor(g); ni <- as.vector(table(g)); yb <- as.vector(tapply(y, g, mean)); a <- length(ni); ssw <- sum((y - yb[g])^2); df <- length(y) - a; H <- function(t) { w <- ni / (1 + ni * t); mu <- sum(w * yb) / sum(w); sum(w * (yb - mu)^2) / (a - 1) / (ssw / df) }; z <- function(q) if (H(0) < q) 0 else uniroot(function(t) H(t) - q, c(0, 1e4), tol = 1e-14)$root; c(z(qf((1 + level) / 2, a - 1, df)), z(qf((1 - level) / 2, a - 1, df))) }
ok <- !is.na(p$t1); R$wald <- wald(p$t1[ok], p$area[ok])

# ---- 3 alpha, omega
x <- na.omit(p[, c("t1", "t2", "b1", "b2")]); S <- cov(x); k <- 4; al <- k / (k - 1) * (1 - sum(diag(S)) / sum(S)); nn <- nrow(x)
fa <- cfa("f =~ t1 + t2 + b1 + b2", x, std.lv = TRUE); l <- lavInspect(fa, "est")$lambda; th <- diag(lavInspect(fa, "est")$theta)
R$alpha <- list(alpha = al, low = 1 - (1 - al) * qf(.975, nn - 1, (nn - 1) * (k - 1)), high = 1 - (1 - al) * qf(.025, nn - 1, (nn - 1) * (k - 1)), omega = sum(l)^2 / (sum(l)^2 + sum(th)), n = nn)
wt <- cov.wt(na.omit(p[, c("t1", "b1", "weight")])[, 1:2], na.omit(p[, c("t1", "b1", "weight")])$weight, cor = TRUE); R$weighted_correlation <- wt$cor[1, 2]

# ---- 4 alignment: five areas, four items, one intercept and one loading off; configural models by lavaan, loss by optim
G <- 5; ng <- c(250, 320, 180, 400, 280); lam <- c(1, .9, .8, .7); nu <- c(3, 2.8, 3.2, 2.5); al0 <- c(0, .3, -.2, .5, .1); ps <- c(1, 1.2, .9, 1.1, .8); it <- NULL
for (g in 1:G) { L <- lam; V <- nu; if (g == 2) V[3] <- V[3] + .6; if (g == 4) L[2] <- .4; e <- rnorm(ng[g], al0[g], sqrt(ps[g])); it <- rbind(it, data.frame(area = sprintf("G%d", g), round(sapply(1:4, function(j) V[j] + L[j] * e + rnorm(ng[g], 0, .7)), 3))) }
names(it) <- c("area", paste0("y", 1:4)); write.csv(it, "items.csv", row.names = FALSE)
fit <- lapply(split(it[, -1], it$area), function(z) cfa("f =~ y1 + y2 + y3 + y4", z, std.lv = TRUE, meanstructure = TRUE))
pe <- function(f, op, col) { z <- parameterEstimates(f); z <- z[if (op == "=~") z$op == "=~" else z$op == "~1" & z$lhs != "f", ]; z[[col]] }
L0 <- t(sapply(fit, pe, "=~", "est")); N0 <- t(sapply(fit, pe, "~1", "est")); LS <- t(sapply(fit, pe, "=~", "se")); NS <- t(sapply(fit, pe, "~1", "se"))
loss <- function(th, ref) { if (ref) { al <- c(0, th[1:(G - 1)]); lp <- c(0, th[G:(2 * G - 2)]) } else { s <- ng / sum(ng); al <- th[1:G] - sum(s * th[1:G]); lp <- th[G + 1:G] - sum(s * th[G + 1:G]) }; A <- L0 / exp(lp / 2); I <- N0 - al * A; W <- sqrt(outer(ng, ng)); diag(W) <- 0; W <- W / sum(W); fx <- function(M) sum(apply(M, 2, function(c) sum(W * (outer(c, c, "-")^2 + .01)^.25))); fx(A) + fx(I) }
best <- function(ref) { np <- if (ref) 2 * G - 2 else 2 * G; o <- lapply(1:40, function(i) { z <- optim(rnorm(np, 0, .3), loss, ref = ref, method = "BFGS", control = list(maxit = 5000, reltol = 1e-15)); optim(z$par, loss, ref = ref, method = "BFGS", control = list(maxit = 5000, reltol = 1e-16)) }); z <- o[[which.min(sapply(o, `[[`, "value"))]]; th <- z$par; if (ref) { al <- c(0, th[1:(G - 1)]); lp <- c(0, th[G:(2 * G - 2)]) } else { s <- ng / sum(ng); al <- th[1:G] - sum(s * th[1:G]); lp <- th[G + 1:G] - sum(s * th[G + 1:G]) }; list(loss = z$value, mean = al, variance = exp(lp)) }
R$alignment <- list(loadings = unname(L0), intercepts = unname(N0), loading_se = unname(LS), intercept_se = unname(NS), free = best(FALSE), fixed = best(TRUE))

# ---- 5 confidence sets for ranks (Mogstad, Romano, Shaikh & Wilhelm 2024), the errors drawn once and kept
P <- 9; th <- c(50, 51.5, 49, 53, 53, 47, 55.5, 50.2, 52); C <- crossprod(matrix(rnorm(P * P, 0, .25), P)) + diag(seq(.3, 1.2, length = P)); Z <- round(matrix(rnorm(600 * P), 600) %*% chol(C), 5)
write.csv(Z, "rank_errors.csv", row.names = FALSE); D <- outer(th, th, "-"); SD <- sqrt(outer(diag(C), diag(C), "+") - 2 * C)
sets <- function(I, cov = .95) { rej <- matrix(FALSE, P, P); repeat { idx <- which(I, arr.ind = TRUE); mx <- apply(Z, 1, function(z) max((z[idx[, 1]] - z[idx[, 2]]) / SD[I])); cv <- quantile(mx, cov); new <- I & D / SD > cv; if (!any(new)) break; rej <- rej | new; I <- I & !new; if (!any(I)) break }; list(low = 1 + colSums(rej), high = P - rowSums(rej), first = NA) }
all <- matrix(TRUE, P, P); diag(all) <- FALSE; s1 <- sets(all); mg <- sapply(1:P, function(i) { I <- matrix(FALSE, P, P); I[i, ] <- TRUE; I[, i] <- TRUE; diag(I) <- FALSE; z <- sets(I); c(z$low[i], z$high[i]) }); s2 <- sets(all, .8)
R$ranks <- list(estimate = th, covariance = unname(C), simultaneous = list(low = s1$low, high = s1$high), marginal = list(low = mg[1, ], high = mg[2, ]), simultaneous80 = list(low = s2$low, high = s2$high))

# ---- 6 Sobol indices as COINr estimates them (SA_estimate), on Ishigami's function
k <- 3; M <- 400; X <- matrix(runif(2 * k * M), M); A <- X[, 1:k]; Bm <- X[, k + 1:k]; ish <- function(x) { x <- 2 * pi * x - pi; sin(x[, 1]) + 7 * sin(x[, 2])^2 + .1 * x[, 3]^4 * sin(x[, 1]) }
ya <- ish(A); yb <- ish(Bm); yab <- sapply(1:k, function(i) { Q <- A; Q[, i] <- Bm[, i]; ish(Q) }); v <- var(c(ya, yb))
R$sobol <- list(ya = ya, yb = yb, yab = unname(t(yab)), first = sapply(1:k, function(i) mean(yb * (yab[, i] - ya)) / v), total = sapply(1:k, function(i) sum((ya - yab[, i])^2) / (2 * M * v)))
write(toJSON(R, digits = 15, auto_unbox = TRUE), "reference.json")
