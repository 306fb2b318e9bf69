# Mixed models of other shapes than ../lme4: tighter optimisers, movers between areas, gaps, weights, large units, ordinal
# and binary outcomes. Run in this folder: Rscript run.R
source("../ref_utils.R")
suppressMessages({library(lme4); library(lmerTest); library(nlme); library(pbkrtest); library(ordinal)})
R <- list()
fx <- function(m) ct(coef(summary(m)))
vcl <- function(m) as.data.frame(lme4::VarCorr(m))[, c("grp", "var1", "var2", "vcov", "sdcor")]
pk <- function(m) list(fixed = fx(m), varcorr = vcl(m), logLik = as.numeric(logLik(m)), AIC = AIC(m), BIC = BIC(m), nobs = nobs(m))
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.02, rhoend = 1e-9, maxfun = 20000), calc.derivs = FALSE)
p <- read.csv("../lme4/trust_panel.csv")
p$when <- c(0, 0.4, 1.5, 2, 3.6)[p$wave]
set.seed(20261129)
move <- runif(nrow(p)) < 0.15
p$place <- ifelse(move, sample(25, nrow(p), TRUE), p$area)
p$precise <- round(exp(rnorm(nrow(p), 0, 0.5)), 3)
p$income <- round(1e6 * (1 + 0.3 * p$contact_m + rnorm(nrow(p), 0, 0.4)))
p$trust_euro <- 1e6 * p$trust + 5e6
p$kind <- c("red", "green", "blue", "plum")[1 + p$id %% 4]
p$grade <- cut(p$trust + rnorm(nrow(p), 0, 0.4), c(-Inf, 1, 2, 3, Inf), labels = FALSE)
p$rare <- as.integer(p$trust > 3.4)
p$copies <- 1 + (p$id %% 3)
keep <- sort(sample(nrow(p), 1100)); s <- p[keep, ]
write.csv(p[, c("when", "place", "precise", "income", "trust_euro", "kind", "grade", "rare", "copies")], "further.csv", row.names = FALSE)
write.csv(data.frame(kept = keep), "kept.csv", row.names = FALSE)
lm_ <- function(formula, data, ...) { cl <- match.call(); cl[[1]] <- quote(lmerTest::lmer); cl$control <- quote(tight); eval.parent(cl) }
R$growth <- pk(lm_(trust ~ wave + (1 + wave | id), p))
R$slope <- pk(lm_(trust ~ contact_w + contact_m + wave + female + (1 + contact_w | id), p))
R$slope_gaps <- pk(lm_(trust ~ contact_w + contact_m + female + factor(wave) + (1 + contact_w | id), s))
m <- lm_(trust ~ contact_w + contact_m + wave + (1 + contact_w | id) + (1 | place), p); R$movers <- pk(m)
R$movers_kr <- ct(coef(summary(m, ddf = "Kenward-Roger")))
m <- lm_(trust ~ contact_w + contact_m + wave + female + (1 + contact_w | id) + (1 | area), p); R$three_level_kr <- ct(coef(summary(m, ddf = "Kenward-Roger")))
R$crossed_waves <- pk(lm_(trust ~ contact + female + (1 | id) + (1 | wave), p))
R$slopes_at_both <- pk(lm_(trust ~ contact_w + contact_m + (1 + contact_w || id) + (1 + contact_w | area), p))
R$two_slopes <- pk(lm_(trust ~ contact_w + wave + (1 + contact_w + wave | id), p))
m <- lm_(trust ~ contact_w + wave + (1 + contact_w | id), p, weights = precise); R$precision <- pk(m)
# (pbkrtest takes residuals of equal variance, so that it cannot judge weighted ones)
R$large_units <- pk(lm_(trust_euro ~ I(income) + wave + (1 + wave | id), p))
R$categories <- pk(lm_(trust ~ contact + kind + (1 | id) + (1 | area), p))
a <- anova(lm_(trust ~ contact_w + contact_m + (1 | id), p, REML = FALSE), lm_(trust ~ contact_w + contact_m + wave + female + (1 | id), p, REML = FALSE))
R$without <- list(chisq = a$Chisq[2], df = a$Df[2], p = a$`Pr(>Chisq)`[2])
nl <- function(m) list(fixed = ct(summary(m)$tTable), logLik = as.numeric(logLik(m)), sigma = m$sigma, phi = as.numeric(coef(m$modelStruct$corStruct, unconstrained = FALSE)), var = as.numeric(VarCorr(m)[, 1]))
ctl <- lmeControl(tolerance = 1e-10, msTol = 1e-12, niterEM = 50, msMaxIter = 500, opt = "optim", reltol = 1e-14)
R$car1 <- nl(lme(trust ~ contact + when, random = ~1 | id, correlation = corCAR1(form = ~when | id), data = p, control = ctl))
R$ar1_gaps <- nl(lme(trust ~ contact + wave, random = ~1 | id, correlation = corAR1(form = ~wave | id), data = s, control = ctl, method = "ML"))
# sampling weights of persons that are whole numbers are copies of persons
big <- do.call(rbind, lapply(1:3, function(k) { x <- p[p$copies >= k, ]; x$id <- x$id + 1000 * k; x }))
R$copies <- pk(lm_(trust ~ contact_w + contact_m + wave + (1 + contact_w | id), big, REML = FALSE))
# binary and ordinal
# (lme4 stops its inner iterations at tolPwrss = 1e-7, which leaves the log-likelihood of ../lme4 off by 0.002)
g <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-13, optCtrl = list(rhoend = 1e-9, maxfun = 50000))
pg <- function(m) list(fixed = fx(m), varcorr = vcl(m), logLik = as.numeric(logLik(m)), AIC = AIC(m), BIC = BIC(m))
R$logit_laplace <- pg(glmer(agree ~ contact_w + contact_m + wave + female + (1 | id), p, binomial, control = g))
data(cbpp, package = "lme4"); R$cbpp <- pg(glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial, control = g))
R$logit_slope <- pg(glmer(agree ~ contact_w + contact_m + wave + (1 + contact_w | id), p, binomial, control = g))
R$logit_areas <- pg(glmer(agree ~ contact_w + contact_m + wave + (1 | id) + (1 | area), p, binomial, control = g))
R$logit_rare_agq9 <- pg(glmer(rare ~ contact + female + (1 | id), p, binomial, nAGQ = 9, control = g))
R$logit_waves <- pg(glmer(agree ~ contact + factor(wave) + (1 | id), p, binomial, nAGQ = 15, control = g))
po <- function(m) list(coef = ct(coef(summary(m))), sd = as.numeric(sqrt(unlist(VarCorr(m)))), logLik = as.numeric(logLik(m)), AIC = AIC(m))
p$grade <- factor(p$grade); co <- clmm.control(method = "nlminb", gradTol = 1e-7, maxLineIter = 200)  # the default stops early here
R$ordinal_laplace <- po(clmm(grade ~ contact_w + contact_m + wave + (1 | id), data = p, Hess = TRUE, control = co))
R$ordinal_agq10 <- po(clmm(grade ~ contact_w + contact_m + wave + (1 | id), data = p, Hess = TRUE, nAGQ = 10))
R$ordinal_areas <- po(clmm(grade ~ contact_w + contact_m + wave + (1 | id) + (1 | area), data = p, Hess = TRUE))
save_ref(R, c("lme4", "lmerTest", "nlme", "pbkrtest", "ordinal"), "tighter optimisers than the default ones")
