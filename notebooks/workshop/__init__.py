"""What the notebooks prove, count, time, draw and check with; never an answer.

Three wings: `measure` and `show` know no convolution, `lesson` does, and uses both.
`%load_ext workshop`, the first line of every notebook, prepares its kernel.
"""

from . import paths  # noqa: F401  first: what follows is found by it

try:
    from preflight import granted_cores

    from .extension import load_ipython_extension
    from .lesson.checks.choices import check_choice
    from .lesson.checks.convolution import check
    from .lesson.checks.faulty_cases import check_fault
    from .lesson.checks.formulas import check_copies_at_least, check_unrolled
    from .lesson.checks.one_number import check_number
    from .lesson.checks.profile_answers import check_profile
    from .lesson.checks.profiler_hits import check_hits
    from .lesson.checks.readers_tests import check_test
    from .lesson.checks.reports import check_reports
    from .lesson.checks.ruler import check_ruler
    from .lesson.checks.rules import check_rule, is_rule
    from .lesson.checks.same_as_slow import check_same
    from .lesson.checks.shards import check_shards
    from .lesson.checks.slower import check_slower
    from .lesson.checks.values import check_values
    from .lesson.grid_maps import draw_map, winner_cells
    from .lesson.grid_points import Point, ready_calls
    from .lesson.ladder_charts import draw_growth, draw_ladder, draw_rungs
    from .lesson.pictures import (
        draw_block_diagonal,
        draw_outer_product,
        draw_shifts,
        draw_skew,
        draw_slide,
    )
    from .lesson.predictions import compare_guess
    from .lesson.proof import prove
    from .lesson.races import race
    from .lesson.scores import times_as_long
    from .measure.busy import busy_cores, count_interruptions
    from .measure.compiling import empty_compiler_cache
    from .measure.counting import count_bytes, count_calls, dispatched
    from .measure.fresh_process import onednn_log, run_fresh, run_in_turns
    from .measure.machine import check_machine
    from .measure.profiling import profiled_lines, quiet_stderr
    from .measure.python_calls import called
    from .measure.sweeping import clear_ratio, sweep
    from .measure.timing import least, least_times, time_together
    from .measure.verdicts import (
        crossover,
        format_multiple,
        format_ratio,
        format_time,
        speed_up,
        time_parts,
        time_table,
    )
    from .show.charts import draw_curves, draw_roofline, draw_series, draw_spread
    from .show.figures import show_figure, stepper
    from .show.sources import show, show_code
    from .show.tables import table
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"{error}. This notebook may run another Python than the one you set up: "
        "start JupyterLab from .venv and choose its kernel Python 3 (ipykernel), "
        "or run pip install -r requirements.txt in this one."
    ) from error

__all__ = [
    "Point",
    "busy_cores",
    "called",
    "check",
    "check_choice",
    "check_copies_at_least",
    "check_fault",
    "check_hits",
    "check_machine",
    "check_number",
    "check_profile",
    "check_reports",
    "check_rule",
    "check_ruler",
    "check_same",
    "check_shards",
    "check_slower",
    "check_test",
    "check_unrolled",
    "check_values",
    "clear_ratio",
    "compare_guess",
    "count_bytes",
    "count_calls",
    "count_interruptions",
    "crossover",
    "dispatched",
    "draw_block_diagonal",
    "draw_curves",
    "draw_growth",
    "draw_ladder",
    "draw_map",
    "draw_outer_product",
    "draw_roofline",
    "draw_rungs",
    "draw_series",
    "draw_shifts",
    "draw_skew",
    "draw_slide",
    "draw_spread",
    "empty_compiler_cache",
    "format_multiple",
    "format_ratio",
    "format_time",
    "granted_cores",
    "is_rule",
    "least",
    "least_times",
    "load_ipython_extension",
    "onednn_log",
    "profiled_lines",
    "prove",
    "quiet_stderr",
    "race",
    "ready_calls",
    "run_fresh",
    "run_in_turns",
    "show",
    "show_code",
    "show_figure",
    "speed_up",
    "stepper",
    "sweep",
    "table",
    "time_parts",
    "time_table",
    "time_together",
    "times_as_long",
    "winner_cells",
]
