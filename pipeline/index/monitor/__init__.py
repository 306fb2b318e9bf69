"""The tension monitor: falls of areas from wave to wave beyond what sampling and usual differences explain."""

from pipeline.index.monitor.declared import Watched, index_monitor
from pipeline.index.monitor.next_looks import next_looks
from pipeline.index.monitor.spread import spreads
from pipeline.index.monitor.tension import tension_monitor

__all__ = ["Watched", "index_monitor", "next_looks", "spreads", "tension_monitor"]
