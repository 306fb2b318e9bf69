# Simulated answers to five items of one scale, scored and rated by psych. Run in this folder: Rscript run.R
source("../ref_utils.R")
suppressMessages(library(psych))
set.seed(20261124)
n <- 300
trait <- rnorm(n)
answer <- function(loading) pmin(5, pmax(1, round(3 + loading * trait + rnorm(n))))
x <- data.frame(a = answer(.8), b = answer(.6), c = answer(-.7), d = answer(.5), e = answer(.1))
for (item in names(x)) x[sample(n, 25), item] <- NA
x$same <- 3
write.csv(x, "answers.csv", row.names = FALSE, na = "")

turned <- within(x[c("a", "b", "c", "d")], c <- 6 - c)
rate <- function(items) {
  whole <- na.omit(items)
  found <- suppressWarnings(psych::alpha(whole, check.keys = FALSE, warnings = FALSE))
  list(raw_alpha = found$total$raw_alpha, n_persons = nrow(whole), n_items = found$nvar)
}
score <- function(items, needed) {
  answered <- rowSums(!is.na(items))
  means <- ifelse(answered >= needed, rowMeans(items, na.rm = TRUE), NA)
  list(n = sum(!is.na(means)), mean = mean(means, na.rm = TRUE), sd = sd(means, na.rm = TRUE))
}
save_ref(
  list(
    alpha = list(
      turned = rate(turned), unturned = rate(x[c("a", "b", "c", "d")]), two = rate(x[c("a", "b")]),
      with_weak = rate(cbind(turned, e = x$e)), with_constant = rate(cbind(turned, same = x$same))
    ),
    score = list(needs_2 = score(turned, 2), needs_3 = score(turned, 3), needs_4 = score(turned, 4)),
    total = { s <- rowSums(turned); list(n = sum(!is.na(s)), mean = mean(s, na.rm = TRUE), sd = sd(s, na.rm = TRUE)) }
  ),
  c("psych"), c("alpha of complete rows; c is reversed as 6 - c", "scores are means of the answered items")
)
