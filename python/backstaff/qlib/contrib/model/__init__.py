"""Models: LightGBM, linear ones, the double ensemble; XGBoost and CatBoost where they are installed."""
