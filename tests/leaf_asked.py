"""What is asked of the study that declares something of every kind: models, figures of every kind, and a paper."""

STUDY = "panel"
MODELS = {
    "means": "family: design_means\noutcomes: [life_satisfaction, belonging]\nweights: design_weight\ngroup: arm\n",
    "changes": "family: design_changes\noutcomes: [belonging]\nweights: stayers\nstandard_errors: replicates\n"
    "arms: [main]\nwaves: [w01, w02, w03]\n",
    "follows": "family: within_between\noutcome: life_satisfaction\nexposures: [belonging, contact_quantity]\n"
    "covariates: [is_woman, age, deprivation]\ncategorical: [is_woman]\narms: [main]\nwave_effects: true\n",
    "fixed": "family: fixed_effects\noutcome: life_satisfaction\nexposures: [belonging]\neffects: person\n"
    "cluster: psu\ncorrection: stata\nconfidence: 0.9\narms: [main]\n",
    "filled": "family: pooled\noutcome: life_satisfaction\nexposures: [belonging]\nimputation: main\narms: [main]\n"
    "waves: [w01, w02, w03]\n",
    "how_sure": "family: sensitivity\nof: fixed\nresult: {term: belonging, component: coefficient}\nweights: stayers\n"
    "imputation: main\ntipping: {concept: life_satisfaction, deltas: [-0.5, 0, 0.5], imputations: 2}\n",
    "left": "family: attrition\nfrom_wave: w01\nto_waves: all\nsets: {both: [w02, w03]}\nexposures: [age, is_woman]\n"
    "arms: [main]\n",
    "lags": "family: riclpm\nconstructs: [life_satisfaction, belonging]\narms: [main]\nladder: false\nlags: equal\n",
    "courses": "family: growth\nconstructs: [life_satisfaction]\narms: [main]\nshape: linear\ntime_unit: year\n",
    "alike": "family: invariance\nconstructs: [belonging]\narms: [main]\nwaves: [w01, w02]\n"
    "criterion: {cfi_drop: 0.01, configural: null}\n",
    "consistent": "family: reliability\nconstructs: [belonging]\n",
}
CLAIM = "{model: means, term: life_satisfaction, component: mean, wave: w01, group: main, says: positive}"
FIGURES = {
    "trend": "kind: trend\nmodels: [means]\noutcomes: [life_satisfaction]\ngroups: {main: The main sample}\n"
    f"y_label: Mean\ny_range: [0, 10]\nclaims: [{CLAIM}]\n",
    "coefficients": "kind: coefficients\nmodels: [follows]\nterms: [belonging]\nlabels: {follows: Satisfaction}\n"
    "y_label: Difference\n",
    "odds": "kind: odds_ratios\nmodels: [left]\nper: {age: 10}\nsmall: 1.2\nlabels: {age: Age by ten years}\n",
    "path": "kind: path\nmodels: [lags]\nstandardised: true\n",
    "sure": "kind: sensitivity\nmodels: [how_sure]\ny_label: Difference\n",
    "flow": "kind: participation\n",
    "effects": "kind: programme_forest\nprogramme: events\noutcomes: [belonging]\nwave: w02\ny_label: Effect\n",
    "patterns": "kind: patterns\nsubtitle: By wave\nnote: A note\ngroups: {main: The main sample}\n",
}
PAPER = """---
title: A paper of everything
subtitle: A test
study: panel
authors: [Nobody]
summary: Some people were asked.
models: [means, changes, follows, fixed, filled, how_sure, left, lags, courses, alike, consistent]
figures: [trend, coefficients, odds, path, sure, flow, patterns]
allow: ["2019"]
---

## What was found

Some people were asked in {{ wave("w01") }}: {{ est("means", "life_satisfaction", wave="w01", group="main") | dp(2) }}.
The question was “{{ wording("contact") }}”, the fieldwork {{ fieldwork("w02") }}.

:::figure trend

:::figure coefficients

:::figure path

:::section participation flow=flow patterns=patterns odds=odds
:::

:::section sensitivity model=how_sure figure=sure
:::

:::table reliability

:::table invariance alike

:::table weights

:::table margins

:::table balance

:::table items

:::table transitions
"""
