# Mediation on panel.csv: base R, lavaan, plm, sandwich. Writes reference.json. Run in this folder: Rscript run.R
suppressPackageStartupMessages({library(lavaan); library(plm); library(sandwich); library(jsonlite)})
d <- read.csv("panel.csv"); d$wave <- factor(d$wave); out <- list()

# Joint sandwich of several lm (or glm) fits, clustered, with n/(n-k) of each: what sandwich gives each, and what is between
joint <- function(fits, cluster, factors) {
  infl <- do.call(cbind, Map(function(f, a) sqrt(a) * estfun(f) %*% bread(f) / nrow(estfun(f)), fits, factors))
  crossprod(rowsum(infl, cluster, reorder = FALSE))
}
hc1 <- function(f) nobs(f) / (nobs(f) - length(coef(f)))
delta <- function(g, V) sqrt(drop(t(g) %*% V %*% g))

# 1. pooled, serial: belief -> anger -> anxiety -> compliance, age and waves held constant, clustered by person
f1 <- lm(anger ~ age + wave + belief, d); f2 <- lm(anxiety ~ age + wave + belief + anger, d)
f3 <- lm(compliance ~ age + wave + belief + anger + anxiety, d)
V <- joint(list(f1, f2, f3), d$person_id, sapply(list(f1, f2, f3), hc1))
stopifnot(all.equal(unname(V[1:6, 1:6]), unname(vcovCL(f1, d$person_id, type = "HC1", cadjust = FALSE)), tolerance = 2e-3))
k <- c(length(coef(f1)), length(coef(f2))); at <- function(eq, name) c(0, k[1], sum(k))[eq] + match(name, names(coef(list(f1, f2, f3)[[eq]])))
th <- c(coef(f1), coef(f2), coef(f3)); ia <- at(1, "belief"); ia2 <- at(2, "belief"); id <- at(2, "anger"); ib1 <- at(3, "anger"); ib2 <- at(3, "anxiety"); ic <- at(3, "belief")
eff <- function(th) c(anger = th[ia] * th[ib1], anxiety = th[ia2] * th[ib2], both = th[ia] * th[id] * th[ib2],
  indirect = th[ia] * th[ib1] + th[ia2] * th[ib2] + th[ia] * th[id] * th[ib2],
  total = th[ic] + th[ia] * th[ib1] + th[ia2] * th[ib2] + th[ia] * th[id] * th[ib2])
e <- unname(eff(th)); h <- 1e-6
J <- sapply(seq_along(th), function(j) { s <- rep(0, length(th)); s[j] <- h; (unname(eff(th + s)) - unname(eff(th - s))) / (2 * h) })
out$pooled <- list(effects = setNames(as.list(e), c("anger", "anxiety", "anger → anxiety", "indirect", "total")),
  se = setNames(as.list(sqrt(diag(J %*% V %*% t(J)))), c("anger", "anxiety", "anger → anxiety", "indirect", "total")),
  direct = unname(th[ic]), direct_se = sqrt(V[ic, ic]),
  total_by_regression = unname(coef(lm(compliance ~ age + wave + belief, d))["belief"]),
  covariance_between = V[ia, ib1])
set.seed(1); draws <- MASS::mvrnorm(2e5, th, V)
out$pooled$interval_anger <- unname(quantile(draws[, ia] * draws[, ib1], c(.025, .975)))

# 2. lavaan: one wave, parallel, with := ; Huber-White errors are HC0 of all equations together
o <- subset(d, wave == "w01"); o <- o[complete.cases(o), ]
m <- 'anger ~ a1*belief + age
anxiety ~ a2*belief + age
compliance ~ b1*anger + b2*anxiety + c*belief + age
anger ~~ anxiety
i1 := a1*b1
i2 := a2*b2
indirect := i1 + i2
total := c + i1 + i2
gap := i1 - i2'
s <- sem(m, o, se = "robust.huber.white", fixed.x = TRUE, meanstructure = TRUE, control = list(rel.tol = 1e-14, iter.max = 10000))
p <- parameterEstimates(s); q <- p[p$op == ":=", ]
out$lavaan <- list(est = setNames(as.list(q$est), q$lhs), se = setNames(as.list(q$se), q$lhs))
s <- sem(m, o, fixed.x = TRUE, control = list(rel.tol = 1e-14, iter.max = 10000)); q <- parameterEstimates(s); q <- q[q$op == ":=", ]
out$lavaan$ml_se <- setNames(as.list(q$se), q$lhs)
out$lavaan$n <- nrow(o)

# 3. lavaan, all waves, errors clustered by person (no small-sample factor)
m2 <- 'anger ~ a1*belief + age
compliance ~ b1*anger + c*belief + age
i1 := a1*b1
total := c + i1'
s <- sem(m2, d, cluster = "person_id", estimator = "MLR", fixed.x = TRUE, meanstructure = TRUE, control = list(rel.tol = 1e-14))
q <- parameterEstimates(s); q <- q[q$op == ":=", ]
out$clustered <- list(est = setNames(as.list(q$est), q$lhs), se = setNames(as.list(q$se), q$lhs))

# 4. within (plm) and between (plm), parallel
pd <- pdata.frame(d, index = c("person_id", "wave"))
w <- function(f) coef(plm(f, pd, model = "within")); b <- function(f) coef(plm(f, pd, model = "between"))
wa1 <- w(anger ~ belief + wave)["belief"]; wa2 <- w(anxiety ~ belief + wave)["belief"]; wy <- w(compliance ~ belief + anger + anxiety + wave)
ba1 <- b(anger ~ belief + age)["belief"]; ba2 <- b(anxiety ~ belief + age)["belief"]; by <- b(compliance ~ belief + anger + anxiety + age)
out$within <- list(anger = unname(wa1 * wy["anger"]), anxiety = unname(wa2 * wy["anxiety"]), direct = unname(wy["belief"]),
  direct_se = sqrt(vcovHC(plm(compliance ~ belief + anger + anxiety + wave, pd, model = "within"), type = "HC1", cluster = "group")["belief", "belief"]))
out$between <- list(anger = unname(ba1 * by["anger"]), anxiety = unname(ba2 * by["anxiety"]), direct = unname(by["belief"]))
means <- aggregate(cbind(belief, anger, anxiety, compliance, age) ~ person_id, d, mean)
out$between$direct_se <- sqrt(vcovHC(lm(compliance ~ age + belief + anger + anxiety, means), type = "HC1")["belief", "belief"])

# 5. weights
f1 <- lm(anger ~ age + wave + belief, d, weights = weight); f3 <- lm(compliance ~ age + wave + belief + anger, d, weights = weight)
V <- joint(list(f1, f3), d$person_id, c(hc1(f1), hc1(f3))); th <- c(coef(f1), coef(f3)); n1 <- length(coef(f1))
g <- rep(0, length(th)); ja <- match("belief", names(coef(f1))); jb <- n1 + match("anger", names(coef(f3))); g[ja] <- th[jb]; g[jb] <- th[ja]
out$weighted <- list(indirect = unname(th[ja] * th[jb]), se = delta(g, V))

# 6. sensitivity: residual correlation given all else, robustness value (Cinelli & Hazlett 2020)
f3 <- lm(compliance ~ age + wave + belief + anger + anxiety, d)
r <- cor(resid(lm(anger ~ age + wave + belief + anxiety, d)), resid(lm(compliance ~ age + wave + belief + anxiety, d)))
t <- summary(f3)$coefficients["anger", "t value"]; ff <- abs(t) / sqrt(f3$df.residual)
out$sensitivity <- list(rho = r, rv = (sqrt(ff^4 + 4 * ff^2) - ff^2) / 2)
# Imai, Keele & Yamamoto (2010), theorem 2, one mediator: the indirect effect as a function of rho is zero there
e1 <- resid(lm(anger ~ belief, d)); e2 <- resid(lm(compliance ~ belief, d)); rt <- cor(e1, e2)
acme <- function(rho) coef(lm(anger ~ belief, d))["belief"] * sd(e2) / sd(e1) * (rt - rho * sqrt((1 - rt^2) / (1 - rho^2)))
out$imai <- list(rho = uniroot(acme, c(-.99, .99), tol = 1e-14)$root)

# 7. natural effects: logistic outcome or mediator, numerically integrated; from 2 to 4 of belief
nat <- function(mf, yf, mbin, ybin, inter) {
  mod <- if (mbin) glm(mf, binomial, d, control = list(epsilon = 1e-14)) else lm(mf, d)
  out <- if (ybin) glm(yf, binomial, d, control = list(epsilon = 1e-14)) else lm(yf, d)
  med <- as.character(mf[[2]]); pr <- function(f, nd) predict(f, nd, type = "response")
  mean_at <- function(t, s) { nt <- transform(d, belief = t); ns <- transform(d, belief = s)
    if (mbin) { p1 <- pr(mod, ns); n1 <- nt; n1[[med]] <- 1; n0 <- nt; n0[[med]] <- 0; return(mean(p1 * pr(out, n1) + (1 - p1) * pr(out, n0))) }
    mu <- pr(mod, ns); if (!ybin) { nt[[med]] <- mu; return(mean(pr(out, nt))) }
    sg <- summary(mod)$sigma; nt0 <- nt; nt0[[med]] <- 0; nt1 <- nt; nt1[[med]] <- 1
    e0 <- predict(out, nt0); sl <- predict(out, nt1) - e0
    mean(mapply(function(e, s1, m) integrate(function(z) plogis(e + s1 * (m + sg * z)) * dnorm(z), -12, 12, rel.tol = 1e-12)$value, e0, sl, mu)) }
  Y <- sapply(c(2, 4), function(s) sapply(c(2, 4), function(t) mean_at(t, s)))
  list(acme_control = Y[1, 2] - Y[1, 1], acme_treated = Y[2, 2] - Y[2, 1], ade_control = Y[2, 1] - Y[1, 1], ade_treated = Y[2, 2] - Y[1, 2], total = Y[2, 2] - Y[1, 1])
}
out$natural <- list(
  linear_logit = nat(anger ~ belief + age, vaccinated ~ belief + anger + age, FALSE, TRUE),
  logit_logit = nat(worried ~ belief + age, vaccinated ~ belief + worried + age, TRUE, TRUE),
  logit_linear = nat(worried ~ belief + age, compliance ~ belief * worried + age, TRUE, FALSE),
  linear_linear = nat(anger ~ belief + age, compliance ~ belief + anger + age, FALSE, FALSE))
f1 <- glm(worried ~ belief + age, binomial, d, control = list(epsilon = 1e-14)); out$natural$path_se <- sqrt(joint(list(f1), d$person_id, hc1(f1))[2, 2])
# 8. shares of variance: fall of the residual sum of squares over that of the outcome, within (plm) and between (lm on means)
rss <- function(f) sum(resid(f)^2)
wi <- function(f) rss(plm(f, pd, model = "within")); be <- function(f) rss(lm(f, means))
yw <- sum((d$compliance - ave(d$compliance, d$person_id))^2); yb <- sum((means$compliance - mean(means$compliance))^2)
out$shares <- list(
  within = list(anger = (wi(compliance ~ anxiety + wave) - wi(compliance ~ anger + anxiety + wave)) / yw,
    exposures = (wi(compliance ~ wave) - wi(compliance ~ anger + anxiety + wave)) / yw),
  between = list(anger = (be(compliance ~ anxiety + age) - be(compliance ~ anger + anxiety + age)) / yb,
    exposures = (be(compliance ~ age) - be(compliance ~ anger + anxiety + age)) / yb))
writeLines(toJSON(out, auto_unbox = TRUE, digits = NA, pretty = TRUE), "reference.json")
