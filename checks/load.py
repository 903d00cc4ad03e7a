"""Questions about load runs, and about the flows of requests within them (`asbuilt load`)."""

from asbuilt.check import check
from asbuilt.evidence import Record, Unknown, Untested
from asbuilt.judging.estimate import Estimate
from asbuilt.load.measure.gate import MOST_DROPPED, samples_short

_FASTER = "Find what the slow requests wait for (load-result.json names the routes), then scale or mend that."
_BIGGER = "Raise the number of tasks or instances, or their size, until the stated rate is served."
_SOUNDER = "Look up the errors that load-result.json lists, in the application's log of the same minutes."


def believed(run: Record) -> Record:
    """The record, unless the generator itself was at fault, or only a tenth of the load was tried."""
    reasons = list(run["invalid"])
    if reasons:
        raise Unknown(f"invalid run: {'; '.join(reasons)}")
    if run["profile"] == "smoke":
        raise Untested("a smoke run offers a tenth of the load: it asks whether the routes work, and no more")
    return run


def _whole(run: Record) -> Record:
    """The record of a run that was believable, and went to its end with something to count."""
    if believed(run)["aborted"]:
        raise Unknown(f"the run was stopped early: {run['aborted']}")
    if not run["samples"]:
        raise Unknown("nothing was measured: no request of this kind was made")
    return run


def _estimate(run: Record, metric: str) -> float:
    figure, samples = believed(run)[metric], run["samples"]
    if not samples:
        raise Unknown("nothing was measured: no request of this kind was made")
    value, low, high = (figure.get(name) for name in ("value", "low", "high"))
    bounds = Estimate(value, low, high)
    dropped, aborted = run["dropped"], run["aborted"]
    doubt = f"{dropped} arrivals were dropped, for which no time is known" if dropped > MOST_DROPPED * samples else ""
    doubt = f"the run was stopped early: {aborted}" if aborted else doubt
    return Estimate(value, low, high, samples, lambda limit: samples_short(bounds, metric, limit, samples), doubt)


@check("load:run", "load:flow", severity="high", fix=_BIGGER)
def requests_per_second(run: Record) -> float:
    """How many requests a second were answered well, over all of the measured time."""
    return _estimate(run, "requests_per_second")


@check("load:run", "load:flow", severity="high", fix=_FASTER)
def p50_ms(run: Record) -> float:
    """What half of the requests took at most, from the moment they were due; of the worst minute if that is more."""
    return _estimate(run, "p50_ms")


@check("load:run", "load:flow", severity="high", fix=_FASTER)
def p95_ms(run: Record) -> float:
    """What 95 % of the requests took at most, from the moment they were due; of the worst minute if that is more."""
    return _estimate(run, "p95_ms")


@check("load:run", "load:flow", severity="high", fix=_FASTER)
def p99_ms(run: Record) -> float:
    """What 99 % of the requests took at most, from the moment they were due; of the worst minute if that is more."""
    return _estimate(run, "p99_ms")


@check("load:run", "load:flow", severity="high", fix=_FASTER)
def mean_ms(run: Record) -> float:
    """What the answered requests took on average, from the moment they were due."""
    return _estimate(run, "mean_ms")


@check("load:run", "load:flow", severity="high", fix=_SOUNDER)
def error_percent(run: Record) -> float:
    """Of 100 requests, how many had a bad answer, none, or could not be sent when they were due."""
    return _estimate(run, "error_percent")


@check("load:run", severity="high", fix=_BIGGER)
def concurrent_users(run: Record) -> int:
    """How many users were signed on and connected all through the measured time."""
    return _whole(run)["concurrent_users"]


@check("load:run", severity="medium", fix="asbuilt load SYSTEM --host URL --profile target")
def profile(run: Record) -> str:
    """The shape of the load that a believable run was made with, to its end."""
    return _whole(run)["profile"]


@check("load:run", "load:flow", severity="high", fix=_FASTER)
def slowest_ms(run: Record) -> float | None:
    """What the slowest answer took, from the moment it was due; nothing where a request never had one."""
    return _whole(run).get("slowest_ms")


@check("load:run", "load:flow", severity="high", fix=_SOUNDER)
def failures(run: Record) -> int:
    """How many requests had a bad answer, none, or could not be sent when they were due."""
    return _whole(run)["failed"]


@check("load:run", severity="high", fix="Deploy new tasks before old ones end, and let those finish what they began.")
def failed_during_deployment(run: Record) -> int:
    """How many requests failed in a run of the deployment profile: one within which something was deployed."""
    if believed(run)["profile"] != "deployment":
        raise Untested("this run was not made during a deployment (--profile deployment)")
    return _whole(run)["failed"]
