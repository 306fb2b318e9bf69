# The test of exact fit by Bollen and Stine's bootstrap, of complete and skewed answers: R 4.2, lavaan 0.6-14.
# Writes bollen_stine.csv (the answers) and bollen_stine.json: quantiles of 500 draws and the p-value.
library(lavaan)
library(jsonlite)

set.seed(61)
n <- 250
factor <- matrix(rexp(n * 2) - 1, n) %*% chol(matrix(c(1, 0.5, 0.5, 1), 2))
answers <- sapply(1:6, function(k) round(0.8 * factor[, (k > 3) + 1] + 0.6 * (rchisq(n, 2) - 2) / 2, 3))
answers[, 3] <- round(answers[, 3] + 0.25 * answers[, 5], 3) # the model is a little wrong
data <- setNames(data.frame(answers, rep(c("a", "b"), length.out = n)), c(paste0("x", 1:6), "side"))
write.csv(data, "bollen_stine.csv", row.names = FALSE, quote = FALSE)

model <- "f =~ x1 + x2 + x3\n g =~ x4 + x5 + x6"
drawn <- function(fit) {
  found <- bootstrapLavaan(fit, R = 500, type = "bollen.stine", FUN = fitmeasures, fit.measures = "chisq", iseed = 7)
  found <- found[!is.na(found)]
  statistic <- fitmeasures(fit, "chisq")[[1]]
  list(
    chisq = statistic, df = fitmeasures(fit, "df")[[1]], draws = length(found), p = mean(found >= statistic),
    mean = mean(found), sd = sd(found), quantiles = as.list(quantile(found, c(0.1, 0.25, 0.5, 0.75, 0.9, 0.95)))
  )
}
one <- cfa(model, data, meanstructure = TRUE)
two <- cfa(model, data, group = "side", meanstructure = TRUE)
write_json(list(one = drawn(one), two = drawn(two)), "bollen_stine.json", digits = I(17), auto_unbox = TRUE, pretty = TRUE)
