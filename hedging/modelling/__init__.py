"""What a model is made of: parameters, payoff tables, model files, typeset forms."""
