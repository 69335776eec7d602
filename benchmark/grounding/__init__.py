"""The grounding check measured: texts and questions labelled by hand, and the rates on them."""
