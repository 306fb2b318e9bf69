# Seconds of plm's pgmm, the second of two fits: Rscript dynamic_peer.R panel.csv
suppressMessages(library(plm))
P <- pdata.frame(read.csv(commandArgs(TRUE)[1]), index = c("person_id", "wave"))
for (transformation in c("d", "ld")) {
  for (i in 1:2) seconds <- system.time(m <- pgmm(
    y ~ lag(y, 1) + x | lag(y, 2:99) + lag(x, 2:99), P, effect = "twoways", model = "twosteps",
    transformation = transformation))["elapsed"]
  cat(transformation, round(seconds, 2), "s", coef(m)[1], sqrt(vcovHC(m)[1, 1]), "\n")
}
