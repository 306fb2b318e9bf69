# Judges of tests/reference/test_models_dynamic.py: plm 2.6-2 on its own EmplUK, and on a simulated panel with gaps.
# Rscript run.R panel.csv > reference.json   (panel.csv: person, wave, y, x, z, w, u, k; written by simulate.py)
suppressMessages({library(plm); library(jsonlite)})
data("EmplUK", package = "plm"); data("Wages", package = "plm")
table <- function(m, robust = TRUE) {
  s <- summary(m, robust = robust, time.dummies = TRUE)$coefficients
  list(terms = rownames(s), estimate = unname(s[, 1]), se = unname(s[, 2]))
}
# mtest(m, vcov = vcovHC) would call vcovHC where it means vcov(): the argument hides the function. A matrix does not.
ar <- function(m, order) unname(drop(mtest(m, order, vcov = vcovHC(m))$statistic))
gmm <- function(m) list(
  robust = table(m), conventional = table(m, FALSE), ar1 = ar(m, 1), ar2 = ar(m, 2),
  sargan = unname(sargan(m)$statistic), df = unname(sargan(m)$parameter), instruments = ncol(m$W[[1]]),
  criterion = unname(sargan(m, "onestep")$statistic))
R <- list()
a1 <- log(emp) ~ lag(log(emp), 1:2) + lag(log(wage), 0:1) + lag(log(capital), 0:2) + lag(log(output), 0:2) |
  lag(log(emp), 2:99)
for (steps in c("onestep", "twosteps"))
  R[[paste0("table_4_a1_", steps)]] <- gmm(pgmm(a1, EmplUK, effect = "twoways", model = steps))
for (steps in c("onestep", "twosteps")) for (collapse in c(FALSE, TRUE)) {
  name <- paste(steps, if (collapse) "collapsed" else "full", sep = "_")
  R[[paste0("system_", name)]] <- gmm(pgmm(
    log(emp) ~ lag(log(emp), 1) + lag(log(wage), 0:1) + lag(log(capital), 0:1) |
      lag(log(emp), 2:99) + lag(log(wage), 2:99) + lag(log(capital), 2:99),
    EmplUK, effect = "twoways", model = steps, transformation = "ld", collapse = collapse))
  R[[paste0("limits_", name)]] <- gmm(pgmm(
    log(emp) ~ lag(log(emp), 1) + log(wage) + log(capital) | lag(log(emp), 2:3) + lag(log(wage), 1:3),
    EmplUK, effect = "twoways", model = steps, collapse = collapse))
  R[[paste0("individual_", name)]] <- gmm(pgmm(
    log(emp) ~ lag(log(emp), 1) + log(wage) + log(capital) | lag(log(emp), 2:4) + lag(log(wage), 2:4),
    EmplUK, effect = "individual", model = steps, collapse = collapse))
}
P <- read.csv(commandArgs(TRUE)[1])
P <- pdata.frame(P, index = c("person", "wave"))
for (steps in c("onestep", "twosteps"))
  R[[paste0("gaps_", steps)]] <- gmm(pgmm(y ~ lag(y, 1) + x + z | lag(y, 2:99) + lag(x, 1:99), P, effect = "twoways", model = steps))

# Hausman–Taylor and Amemiya–MaCurdy
ht <- function(m) { s <- summary(m)$coefficients
  list(terms = rownames(s), estimate = unname(s[, 1]), se = unname(s[, 2]), sigma2 = unname(m$ercomp$sigma2)) }
wages <- lwage ~ wks + south + smsa + married + exp + I(exp^2) + bluecol + ind + union + sex + black + ed |
  bluecol + south + smsa + ind + sex + black | wks + married + exp + I(exp^2) + union
W <- pdata.frame(Wages, index = 595)
R$hausman_taylor_wages <- ht(plm(wages, W, random.method = "ht", model = "random", inst.method = "baltagi"))
R$amemiya_macurdy_wages <- ht(plm(wages, W, random.method = "ht", model = "random", inst.method = "am"))
B <- P[as.character(P$person) %in% names(which(base::table(P$person) == 6)), ]
hb <- y ~ x + z + u + k | z + u | x
R$hausman_taylor_simulated <- ht(plm(hb, B, random.method = "ht", model = "random", inst.method = "baltagi"))
R$amemiya_macurdy_simulated <- ht(plm(hb, B, random.method = "ht", model = "random", inst.method = "am"))

# Chamberlain: random effects with the exposure of every wave; z is a covariate
wide <- reshape(as.data.frame(B)[c("person", "wave", "x")], idvar = "person", timevar = "wave", direction = "wide")
C <- merge(as.data.frame(B), wide, by = "person"); C <- C[order(C$person, C$wave), ]
C <- pdata.frame(C, index = c("person", "wave"))
cre <- plm(y ~ x + z + x.1 + x.2 + x.3 + x.4 + x.5 + x.6 + factor(wave), C, model = "random")
history <- paste0("x.", 1:6); V <- vcovHC(cre, type = "HC1"); b <- coef(cre)[history]
equal <- cbind(-1, diag(5))
R$chamberlain <- list(
  terms = names(coef(cre)), estimate = unname(coef(cre)), se = unname(sqrt(diag(V))),
  no_history = drop(b %*% solve(V[history, history], b)),
  same_in_every_wave = drop((equal %*% b)[, 1] %*% solve(equal %*% V[history, history] %*% t(equal), equal %*% b)))
cat(toJSON(R, digits = 15, auto_unbox = TRUE, pretty = TRUE))
