# Predictions at declared values, for everybody as they are otherwise: L b with the mean row at those values, and its
# standard error sqrt(L V L'). In this folder: Rscript run.R. R 4.2, plm, lme4, lmerTest, emmeans, sandwich.
suppressMessages({library(plm); library(lme4); library(lmerTest); library(jsonlite)})
d <- read.csv("../lme4/trust_panel.csv")
d$place <- c("north", "south", "west")[d$area %% 3 + 1]
d$square <- d$wave^2; d$after <- pmax(d$wave - 3, 0); d$weight <- 0.5 + d$id %% 4
at <- function(X, b, V, values, w = rep(1, nrow(X))) {
  for (name in names(values)) X[, name] <- values[[name]]
  L <- colSums(X * w) / sum(w); list(estimate = sum(L * b), se = sqrt(as.numeric(t(L) %*% V %*% L)))
}
R <- list()
sharp <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9))
p <- plm(trust ~ contact + female + place, pdata.frame(d, index = c("id", "wave")), model = "pooling")
X <- model.matrix(~ contact + female + place, d)
V <- vcovHC(p, method = "arellano", type = "HC1", cluster = "group")
R$pooled_south_3 <- at(X, coef(p), V, list(contact = 3, placesouth = 1, placewest = 0))
R$pooled_north_5 <- at(X, coef(p), V, list(contact = 5, placesouth = 0, placewest = 0))
x <- lm(trust ~ contact * female + place, d); Z <- model.matrix(x)
R$product_4_1 <- at(Z, coef(x), vcov(x), list(contact = 4, female = 1, "contact:female" = 4))
R$product_4 <- at(Z, coef(x), vcov(x), list(contact = 4, "contact:female" = 4 * d$female))
w <- lm(trust ~ contact + female, d, weights = weight); W <- model.matrix(w)
bread <- solve(crossprod(W * sqrt(d$weight)))
scores <- rowsum(W * d$weight * residuals(w), d$id)
n <- nrow(W)
R$weighted_female <- at(W, coef(w), n / (n - 3) * bread %*% crossprod(scores) %*% bread, list(female = 1), d$weight)
r <- plm(trust ~ contact + female, pdata.frame(d, index = c("id", "wave")), model = "random")
R$random_2 <- at(model.matrix(~ contact + female, d), coef(r), vcov(r), list(contact = 2))
h <- lmer(trust ~ contact_w + contact_m + wave + female + (1 | id), d, control = sharp); H <- model.matrix(h)
R$hybrid_mean_4 <- at(H, fixef(h), as.matrix(vcov(h)), list(contact_w = 0, contact_m = 4))
g <- lmer(trust ~ wave + square + female + (wave | id), d, control = sharp)
R$growth_2.5 <- at(model.matrix(g), fixef(g), as.matrix(vcov(g)), list(wave = 2.5, square = 6.25))
b <- lmer(trust ~ wave + after + (wave | id), d, control = sharp)
R$bend_4.5 <- at(model.matrix(b), fixef(b), as.matrix(vcov(b)), list(wave = 4.5, after = 1.5))
write_json(R, "reference.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
