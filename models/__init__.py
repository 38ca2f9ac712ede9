"""Fits what the engine applies: labelled features in, models stored as data (LightGBM text and JSON) out.

``examples`` turns labels and features into training rows, ``admission`` says which features a model may read,
``validation`` chooses a configuration inside the training past, ``challenger`` and ``calibration`` fit, ``fitting``
puts them together; ``artifact`` is the stored form and ``application`` scores with it; ``explanation`` gives signed
contributions; ``baselines`` and ``judgement`` say how well a score would have done. Only ``training``, ``registry``
and ``commands`` touch the workspace.
"""
