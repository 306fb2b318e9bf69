# Interactions, simple slopes and Johnson-Neyman regions by R: lm, plm, lme4, and the quadratic by hand.
# panel.csv is drawn at random: 120 people, five waves with gaps. Rscript run.R writes reference.csv.
suppressMessages({library(plm); library(lme4)})
d <- read.csv("panel.csv"); d <- d[complete.cases(d[, c("y", "x", "z")]), ]
d$wave <- factor(d$wave)
out <- list(); put <- function(name, value) out[[name]] <<- value
m <- function(v) ave(v, d$person_id)
d$dd <- (d$x - m(d$x)) * (d$z - m(d$z))

vc <- function(fit) {                       # clustered by person, HC1 with n / (n - k): plm's vcovHC
  X <- model.matrix(fit); u <- residuals(fit)
  s <- rowsum(X * u, d$person_id); b <- solve(crossprod(X))
  b %*% crossprod(s) %*% b * nrow(X) / (nrow(X) - ncol(X))
}
jn <- function(b, V, i, j, q) {
  a <- b[j]^2 - q^2 * V[j, j]; h <- b[i] * b[j] - q^2 * V[i, j]; c <- b[i]^2 - q^2 * V[i, i]
  sort((-h + c(-1, 1) * sqrt(h^2 - a * c)) / a)
}
slope <- function(name, b, V, i, j, at) for (k in seq_along(at)) {
  put(paste0(name, ".slope", k), b[i] + at[k] * b[j])
  put(paste0(name, ".slope_se", k), sqrt(V[i, i] + 2 * at[k] * V[i, j] + at[k]^2 * V[j, j]))
}
# pooled
p <- lm(y ~ x * z + wave, d); V <- vc(p); b <- coef(p)
put("pooled.x:z", b["x:z"]); put("pooled.x:z.se", sqrt(V["x:z", "x:z"]))
at <- mean(d$z) + c(-1, 0, 1) * sd(d$z); slope("pooled", b, V, "x", "x:z", at)
r <- jn(b, V, "x", "x:z", qt(.975, df.residual(p))); put("pooled.jn1", r[1]); put("pooled.jn2", r[2])
# classical, with a power and another reference
d2 <- d; d2$edu <- relevel(factor(d2$edu), "2")
p <- lm(y ~ x * z + I(x^2) + edu + g + wave, d2)
s <- summary(p)$coefficients
for (n in c("x:z", "I(x^2)", "edu1", "edu3")) { put(paste0("power.", n), s[n, 1]); put(paste0("power.", n, ".se"), s[n, 2]) }
# fixed effects: double-demeaned, and the product as it is
pd <- pdata.frame(d, index = c("person_id", "wave"))
f <- plm(y ~ x + z + dd + factor(wave), pd, model = "within"); V <- vcovHC(f, type = "HC1", method = "arellano"); b <- coef(f)
put("fe.x:z", b["dd"]); put("fe.x:z.se", sqrt(V["dd", "dd"]))
at <- c(-1, 0, 1) * sd(d$z - m(d$z)); slope("fe", b, V, "x", "dd", at)
r <- jn(b, V, "x", "dd", qt(.975, df.residual(f))); put("fe.jn1", r[1]); put("fe.jn2", r[2])
f <- plm(y ~ x * z + factor(wave), pd, model = "within"); V <- vcovHC(f, type = "HC1", method = "arellano")
put("fe_raw.x:z", coef(f)["x:z"]); put("fe_raw.x:z.se", sqrt(V["x:z", "x:z"]))
f <- plm(y ~ x + x:g + factor(wave), pd, model = "within"); V <- vcovHC(f, type = "HC1", method = "arellano")
put("fe_constant.x:g", coef(f)["x:g"]); put("fe_constant.x:g.se", sqrt(V["x:g", "x:g"]))
# first differences of waves are not judged here; within-between: both measures split, and a cross-level interaction
d$xb <- m(d$x); d$zb <- m(d$z); d$xw <- d$x - d$xb; d$zw <- d$z - d$zb
d$ddw <- d$dd - m(d$dd); d$bb <- d$xb * d$zb
w <- lmer(y ~ xw + xb + zw + zb + ddw + bb + wave + (1 | person_id), d, REML = TRUE,
          control = lmerControl(optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-12)))
b <- fixef(w); V <- as.matrix(vcov(w))
for (n in c("ddw", "bb")) { put(paste0("wb.", n), b[n]); put(paste0("wb.", n, ".se"), sqrt(V[n, n])) }
at <- c(-1, 0, 1) * sd(d$zw); slope("wb_within", b, V, "xw", "ddw", at)
at <- mean(d$zb) + c(-1, 0, 1) * sd(d$zb); slope("wb_between", b, V, "xb", "bb", at)
r <- jn(b, V, "xb", "bb", qnorm(.975)); put("wb_between.jn1", r[1]); put("wb_between.jn2", r[2])
w <- lmer(y ~ xw * g + xb * g + wave + (1 | person_id), d, REML = TRUE,
          control = lmerControl(optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-12)))
s <- summary(w)$coefficients
for (n in c("xw:g", "g:xb")) { put(paste0("cross.", n), s[n, 1]); put(paste0("cross.", n, ".se"), s[n, 2]) }
# standard deviations by which a measure is standardised
put("sd.overall", sd(d$x)); put("sd.within", sqrt(sum(d$xw^2) / (nrow(d) - length(unique(d$person_id)))))
put("sd.between", sd(tapply(d$x, d$person_id, mean)))
write.table(data.frame(name = names(out), value = sprintf("%.17g", unlist(out))), "reference.csv", sep = ",",
            row.names = FALSE, quote = FALSE)
