# Covariances of an unbalanced panel with weights, people who move between areas, and an area with one row.
source("../ref_utils.R")
suppressMessages({library(plm); library(sandwich); library(lmtest); library(clubSandwich)})
set.seed(14)
n <- 40
d <- expand.grid(wave = 1:6, person = sprintf("p%02d", 1:n))
home <- sample(c("north", "east", "south", "west", "centre"), n, TRUE)
d$area <- home[as.integer(factor(d$person))]
moves <- d$wave > 3 & d$person %in% sprintf("p%02d", c(3, 8, 15, 22, 31))
d$area[moves] <- "south"
d <- d[runif(nrow(d)) > 0.25, ]
d$area[1] <- "island"                                                # a cluster with one row
u <- rnorm(n)[as.integer(factor(d$person))]
a <- setNames(rnorm(6, sd = 0.5), unique(d$area))[d$area]
d$x <- u + rnorm(nrow(d)) + 0.2 * d$wave
d$z <- 50000 + 1000 * (d$wave + rnorm(nrow(d)))                      # on another scale
d$y <- 1 + 0.4 * d$x + 0.0001 * d$z + u + a + rnorm(nrow(d), sd = exp(0.2 * d$x))
d$w <- round(runif(n, 0.4, 2.5), 3)[as.integer(factor(d$person))]    # a person's weight
d$v <- round(runif(nrow(d), 0.4, 2.5), 3)                            # a row's weight
write.csv(d, "panel.csv", row.names = FALSE)
d <- read.csv("panel.csv", stringsAsFactors = FALSE)
d$z <- (d$z - 50000) / 1000                                          # clubSandwich loses digits otherwise
P <- pdata.frame(d, index = c("person", "wave"))
k <- c("x", "z")
per <- c(1, 1000)
se <- function(V) as.list(sqrt(diag(V))[k] / per)
est <- function(m) as.list(coef(m)[k] / per)
cr <- function(m, cl, types = c("CR0", "CR1", "CR1S", "CR2", "CR3")) setNames(lapply(types, function(t) {
  V <- vcovCR(m, cluster = cl, type = t); s <- coef_test(m, vcov = V, test = "Satterthwaite")
  w <- Wald_test(m, constraints = constrain_zero(k, coefs = coef(m)), vcov = V)
  list(se = se(V), df = as.list(setNames(s$df_Satt, rownames(s))[k]), htz = list(f = w$Fstat, df = w$df_denom, p = w$p_val))
}), types)
R <- list()
for (w in c("none", "w", "v")) {
  W <- if (w == "none") NULL else d[[w]]
  m <- lm(y ~ x + z, d, weights = W)
  l <- lm(y ~ x + z + factor(person), d, weights = W)
  R[[paste0("lm_", w)]] <- list(
    coef = est(m), hc = lapply(setNames(nm = paste0("HC", 0:4)), function(t) se(vcovHC(m, type = t))),
    area_HC1 = se(vcovCL(m, ~area, type = "HC1")), person_area_HC1 = se(vcovCL(m, ~ person + area, type = "HC1")),
    person_area_multi0 = se(vcovCL(m, ~ person + wave, type = "HC1", multi0 = TRUE)),
    cr_area = cr(m, d$area), cr_person = cr(m, d$person))
  R[[paste0("lsdv_", w)]] <- list(
    coef = est(l), hc = lapply(setNames(nm = paste0("HC", 0:1)), function(t) se(vcovHC(l, type = t))),
    person_HC1 = se(vcovCL(l, ~person, type = "HC1")), person_area_HC1 = se(vcovCL(l, ~ person + area, type = "HC1")),
    cr_area = cr(l, d$area, c("CR0", "CR2")), cr_person = cr(l, d$person, c("CR0", "CR2")))
}
m1 <- plm(y ~ x + z, P, model = "within"); m2 <- plm(y ~ x + z, P, model = "within", effect = "twoways")
R$within <- list(cr_area = cr(m1, d$area, c("CR0", "CR1", "CR1S", "CR2")), cr_person = cr(m1, d$person))
R$within_twoways <- list(coef = est(m2), cr_person = cr(m2, d$person, c("CR0", "CR2")),
                         cr_area = cr(m2, d$area, c("CR0", "CR2")))
for (model in c("pooling", "within", "random", "fd")) {
  m <- plm(y ~ x + z, P, model = model)
  R[[paste0("plm_", model)]] <- list(
    coef = est(m), person_HC0 = se(vcovHC(m, type = "HC0")), person_HC1 = se(vcovHC(m, type = "HC1")),
    person_sss = se(vcovHC(m, type = "sss")), person_HC3 = se(vcovHC(m, type = "HC3")),
    white_HC1 = se(vcovHC(m, method = "white1", type = "HC1")), white_HC3 = se(vcovHC(m, method = "white1", type = "HC3")),
    scc_2 = se(vcovSCC(m, maxlag = 2)), scc = se(vcovSCC(m)), nw_2 = se(vcovNW(m, maxlag = 2)), nw = se(vcovNW(m)),
    person_wave_HC1 = if (model == "fd") NULL else se(vcovDC(m, type = "HC1")))
}
f <- y ~ x + z; fe <- plm(f, P, model = "within"); po <- plm(f, P, model = "pooling"); re <- plm(f, P, model = "random")
R$tests <- list(
  pF_individual = ht(pFtest(fe, po)), pF_twoways = ht(pFtest(m2, po)),
  lm_bp_individual = ht(plmtest(po, effect = "individual", type = "bp")),
  lm_honda_individual = ht(plmtest(po, effect = "individual", type = "honda")),
  lm_kw_twoways = ht(plmtest(po, effect = "twoways", type = "kw")),
  lm_ghm_twoways = ht(plmtest(po, effect = "twoways", type = "ghm")),
  lm_bp_twoways = ht(plmtest(po, effect = "twoways", type = "bp")),
  wooldridge_ar_within = ht(pwartest(fe)), wooldridge_fd = ht(pwfdtest(plm(f, P, model = "fd"))),
  wooldridge_unobserved = ht(pwtest(po)), bg_serial_within = ht(pbgtest(fe, order = 1)),
  bg_serial_random = ht(pbgtest(re, order = 1)), bsy_AR = ht(pbsytest(po, test = "ar")), bnftest_dw = ht(pbnftest(fe)),
  pesaran_cd_within = ht(pcdtest(fe, test = "cd")), bp_lm_cd = ht(pcdtest(fe, test = "lm")),
  scaled_lm_cd = ht(pcdtest(fe, test = "sclm")), bptest = ht(bptest(lm(f, d))))
b <- plm(y ~ x + z, P, model = "between")
means <- aggregate(cbind(y, x, z) ~ person, d, mean); mb <- lm(y ~ x + z, means)
means$home <- substr(means$person, 2, 2)
R$between <- list(coef = est(b), hc = lapply(setNames(nm = paste0("HC", 0:3)), function(t) se(vcovHC(mb, type = t))),
                  home_HC1 = se(vcovCL(mb, ~home, type = "HC1")), cr_home = cr(mb, means$home, "CR2"))
one <- aggregate(cbind(y, x, z, w) ~ wave + I(as.integer(substr(person, 2, 3)) %/% 8), d, mean); names(one)[2] <- "block"
one <- one[order(one$block, one$wave), ]; one$t <- seq_len(nrow(one)); write.csv(one, "series.csv", row.names = FALSE)
one <- read.csv("series.csv"); per <- c(1, 1); s <- lm(y ~ x + z, one, weights = w)
R$series <- list(nw_3 = se(NeweyWest(s, lag = 3, prewhite = FALSE)), nw_auto = se(NeweyWest(s, prewhite = FALSE)),
                 nw_prewhite = se(NeweyWest(s)), nw_adjust = se(NeweyWest(s, lag = 2, prewhite = FALSE, adjust = TRUE)))
save_ref(R, c("plm", "sandwich", "lmtest", "clubSandwich"), "Simulated. k = x, z.")
