"""The deposits and area tables of the study that declares something of every kind."""

import datetime as dt
import random
from pathlib import Path

import polars as pl
from small_study import write_sav

PEOPLE = 240
BOOST = 60


def areas() -> dict[str, str]:
    places = range(10)
    scores = "".join(f"A{place},{10 + 3 * place},2019,2019-09-26,made up\n" for place in places)
    shares = "".join(
        f"A{place},{sex},{0.05 * place + sex / 10:.2f},2011,2011-03-27,made up\n" for place in places for sex in (0, 1)
    )
    return {
        "deprivation.csv": f"area_code,score,vintage,date,source\n{scores}",
        "own.csv": f"area_code,is_woman,share,vintage,date,source\n{shares}",
    }


def deposit(folder: Path) -> None:
    """The files of the three waves, and the lists beside them."""
    folder.mkdir(parents=True)
    main, boost = _answers("main", PEOPLE, 1000), _answers("boost", BOOST, 5000)
    ids = [*main["w01"]["pid"], *boost["w02"]["pid"]]
    (folder / "ids.csv").write_text("pid\n" + "\n".join(ids) + "\n")
    (folder / "new2.csv").write_text("pid\n" + "\n".join(boost["w02"]["pid"]) + "\n")
    answered = set(main["w02"]["pid"])
    outcomes = "".join(f"{pid},1,{1 if pid in answered else 2 + int(pid[-1]) % 2}\n" for pid in main["w01"]["pid"])
    (folder / "field.csv").write_text("person,out1,out2\n" + outcomes)
    first = main["w01"].with_columns(
        pl.col("intdate").map_elements(lambda day: f"{day:%d/%m/%Y}", return_dtype=pl.String),
        pl.Series("minutes", [20 + k % 17 for k in range(PEOPLE)]),
        pl.Series("remark", ["Test" if k == 239 else "" for k in range(PEOPLE)]),
        pl.col("wt").map_elements(lambda weight: f"{weight}".replace(".", ","), return_dtype=pl.String),
    )
    (folder / "main1.csv").write_text("made up\n" + first.write_csv(separator=";"))
    second = main["w02"].with_columns(pl.lit(100.0).alias("done")).rename({"meet": "often"})
    write_sav(folder / "main2.sav", second.rename({name: f"b_{name}" for name in second.columns if name != "pid"}))
    boost["w02"].drop("age", "trust").write_csv(folder / "boost2.csv")
    renamed = {"wt": "weight3", "b2": "remain"}
    main["w03"].drop("trust").rename(renamed).write_csv(folder / "main3.csv")
    boost["w03"].drop("age", "trust").rename(renamed).write_csv(folder / "boost3.csv")


def _answers(arm: str, size: int, first: int) -> dict[str, pl.DataFrame]:
    """Wave → one row per person who answered; some leave, and some answers are missing."""
    chance = random.Random(arm)
    level = [chance.gauss(0, 1) for _ in range(size)]
    state = [0.0] * size
    found = {}
    for wave in ("w01", "w02", "w03") if arm == "main" else ("w02", "w03"):
        rows = []
        state = [0.4 * before + chance.gauss(0, 0.8) for before in state]
        for k in range(size):
            leaves = {"w01": 0.0, "w02": 0.15 if arm == "main" else 0.0, "w03": 0.2}[wave]
            if leaves and chance.random() < leaves:
                continue
            now = level[k] + state[k]

            def scaled(low: int, high: int, middle: float, spread: float, now: float = now) -> int:
                return min(high, max(low, round(middle + spread * now + chance.gauss(0, 0.7))))

            rows.append(
                {
                    "pid": f"P{first + k}",
                    "wt": round(0.7 + (k % 7) / 10, 2),
                    "stratum": k % 3,
                    "psu": k % 15,
                    "lad": f"A{k % 10}",
                    "intdate": dt.date(2018 + int(wave[1:]), 2 if arm == "main" else 3, 1 + k % 27),
                    "sat": -9 if chance.random() < 0.05 else scaled(0, 10, 6, 1.5),
                    **{name: -8 if chance.random() < 0.04 else scaled(1, 4, 2.5, -0.8) for name in ("b1", "b2", "b3")},
                    "meet": 7 if chance.random() < 0.03 else scaled(1, 3, 2, 0.3),
                    "sex": 1 + k % 2,
                    "age": 20 + (7 * k) % 60 + int(wave[1:]),
                    "trust": 1 + (k + chance.randrange(2)) % 2,
                }
            )
        found[wave] = pl.DataFrame(rows)
    return found
