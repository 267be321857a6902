"""How far the level can be trusted: run labelled cases, measure, compare, gate and report."""
