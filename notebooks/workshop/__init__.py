"""What the notebooks prove, count, time, draw and check with; never an answer.

`%load_ext workshop`, the first line of every notebook, prepares its kernel.
"""

try:
    from .checking import (
        check,
        check_hits,
        check_slower,
        check_test,
        check_values,
        compare_guess,
    )
    from .counting import count_bytes, count_calls, dispatched
    from .display import show, show_figure, stepper, table
    from .extension import load_ipython_extension
    from .fresh import onednn_log, run_fresh
    from .machine import check_machine, granted_cores
    from .profiling import profiled_lines, quiet_stderr
    from .proof import prove
    from .sweeping import Point, ready_calls, sweep
    from .timing import (
        crossover,
        format_ratio,
        format_time,
        is_stopped,
        median_times,
        time_table,
        time_together,
    )
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"{error}. This notebook may run another Python than the one you set up: "
        "start JupyterLab from .venv and choose its kernel Python 3 (ipykernel), "
        "or run pip install -r requirements.txt in this one."
    ) from error

__all__ = [
    "Point",
    "check",
    "check_hits",
    "check_machine",
    "check_slower",
    "check_test",
    "check_values",
    "compare_guess",
    "count_bytes",
    "count_calls",
    "crossover",
    "dispatched",
    "format_ratio",
    "format_time",
    "granted_cores",
    "is_stopped",
    "load_ipython_extension",
    "median_times",
    "onednn_log",
    "profiled_lines",
    "prove",
    "quiet_stderr",
    "ready_calls",
    "run_fresh",
    "show",
    "show_figure",
    "stepper",
    "sweep",
    "table",
    "time_table",
    "time_together",
]
