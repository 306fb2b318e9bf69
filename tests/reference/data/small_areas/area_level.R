# Fay-Herriot in plain R, fully converged: the formulas of sae::mseFH (1.3), sae::eblupFH and emdi::fh, with optimize and
# uniroot in place of their Fisher scoring, which stops at a relative change of 1e-4. Run: Rscript area_level.R
library(jsonlite)
fit <- function(y, X, D, method) {
  m <- length(y); p <- ncol(X)
  parts <- function(A) { V <- A + D; Q <- solve(t(X / V) %*% X); b <- Q %*% (t(X / V) %*% y); r <- as.vector(y - X %*% b); list(V = V, Q = Q, b = b, r = r) }
  score <- function(A) { k <- parts(A); P <- diag(1 / k$V) - (X / k$V) %*% k$Q %*% t(X / k$V); Py <- as.vector(P %*% y)
    base <- 0.5 * sum(Py^2) - 0.5 * (if (method == "ml") sum(1 / k$V) else sum(diag(P)))
    s <- sum(A / (A + D)); switch(method, fh = sum(k$r^2 / k$V) - (m - p), amrl = base + 1 / A, amrl_yl = base + sum(D / (A + D)^2) / (atan(s) * (1 + s^2)) / m, base) }
  low <- if (method %in% c("amrl", "amrl_yl")) 1e-8 else 0
  A <- if (score(low) <= 0) 0 else uniroot(score, c(low, 100 * (var(y) + max(D))), tol = 1e-15, maxiter = 10000)$root
  k <- parts(A); B <- D / k$V; S2 <- sum(1 / k$V^2); S1 <- sum(1 / k$V); lev <- rowSums((X %*% k$Q) * X)
  VarA <- if (method == "fh") 2 * m / S1^2 else 2 / S2
  bias <- switch(method, ml = -sum(diag(k$Q %*% t(X / k$V^2) %*% X)) / S2, fh = 2 * (m * S2 - S1^2) / S1^3, amrl = 2 / A / S2, 0)
  mse <- D * (1 - B) + B^2 * lev + 2 * B^2 * VarA / k$V - bias * B^2
  ll <- -0.5 * sum(log(2 * pi * k$V) + k$r^2 / k$V)
  list(variance = A, variance_error = sqrt(VarA), bias = bias, beta = as.vector(k$b), std_error = sqrt(diag(k$Q)), Q = k$Q, eblup = as.vector(y - k$r + A / k$V * k$r),
       mse = mse, gamma = A / k$V, loglike = ll, aic = -2 * ll + 2 * (p + 1), bic = -2 * ll + (p + 1) * log(m), kic = -2 * ll + 3 * (p + 1)) }
METHODS <- c("reml", "ml", "fh", "amrl", "amrl_yl"); R <- list()
trust <- read.csv("../sim_shippable/area_trust.csv"); X <- cbind(1, trust$deprivation)
R$trust <- sapply(METHODS, function(k) fit(trust$direct, X, trust$vardir, k), simplify = FALSE)
out <- trust$area %in% c("LA03", "LA11")     # as if they had no sample
R$outside <- sapply(c("reml", "ml", "fh"), function(k) { f <- fit(trust$direct[!out], X[!out, ], trust$vardir[!out], k)
  list(variance = f$variance, synthetic = as.vector(X[out, ] %*% f$beta), mse = f$variance - f$bias + rowSums((X[out, ] %*% f$Q) * X[out, ])) }, simplify = FALSE)
set.seed(21); m <- 18; flat <- data.frame(area = sprintf("F%02d", 1:m), region = rep(c("east", "north", "west"), 6), density = round(runif(m, 1, 9), 2))
flat$variance <- round(runif(m, .5, 2), 4); flat$estimate <- round(10 + .5 * (flat$region == "north") - .2 * flat$density + rnorm(m, 0, .6 * sqrt(flat$variance)), 4)
write.csv(flat, "flat.csv", row.names = FALSE, quote = FALSE)
Z <- model.matrix(~ region + density, flat); R$flat <- sapply(c("reml", "ml", "fh", "amrl_yl"), function(k) fit(flat$estimate, Z, flat$variance, k), simplify = FALSE)
# proportions (arcsine) and a skewed mean (log)
set.seed(22); m <- 24; prop <- data.frame(area = sprintf("P%02d", 1:m), deprivation = round(runif(m, 5, 45), 2), n_effective = sample(20:150, m, TRUE))
prop$share <- round(pmin(pmax(sin(asin(sqrt(.35)) + .006 * prop$deprivation + rnorm(m, 0, .09) + rnorm(m, 0, sqrt(1 / (4 * prop$n_effective))))^2, 0), 1), 4)
prop$income <- round(exp(3 - .01 * prop$deprivation + rnorm(m, 0, .15)), 3); prop$income_error <- round(prop$income * sqrt(.8 / prop$n_effective), 4)
write.csv(prop, "proportions.csv", row.names = FALSE, quote = FALSE); X <- cbind(1, prop$deprivation)
f <- fit(asin(sqrt(prop$share)), X, 1 / (4 * prop$n_effective), "reml"); v <- f$variance * (1 - f$gamma)
R$arcsine <- list(variance = f$variance, theta = f$eblup, estimate = sapply(1:m, function(i) integrate(function(x) sin(x)^2 * dnorm(x, f$eblup[i], sqrt(v[i])), f$eblup[i] - 12 * sqrt(v[i]), f$eblup[i] + 12 * sqrt(v[i]), rel.tol = 1e-12)$value), error = abs(sin(2 * f$eblup)) * sqrt(f$mse))
f <- fit(log(prop$income), X, (prop$income_error / prop$income)^2, "ml"); v <- f$variance * (1 - f$gamma)
R$log <- list(variance = f$variance, crude = exp(f$eblup + f$mse / 2), slud_maiti = exp(f$eblup + v / 2), error = exp(f$eblup) * sqrt(f$mse))
# benchmarking as emdi::benchmark: shares w, total t
f <- R$trust$reml; w <- trust$n / sum(trust$n); t <- 2.9; gap <- t - sum(w * f$eblup)
R$benchmark <- list(difference = f$eblup + gap, ratio = f$eblup * t / sum(w * f$eblup), mse = f$eblup + gap * (w * f$mse) / sum(w^2 * f$mse))
writeLines(toJSON(R, digits = I(16), auto_unbox = TRUE), "area_level.json")
