"""How much a model may help, against how much it may replace, for what may be done to the data and to the training."""
