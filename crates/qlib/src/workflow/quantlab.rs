//! The handler and the strategies of the project quantlab, whose names stand for sources: `polygon_` for indicators of the
//! prices, `yf_` for fundamentals, `av_` for the sentiment of news.
//!
//! Source: nittygritty-zzy/quantlab (MIT), snapshot of October 2025. DIFFERENCE: it computes indicators and labels over rows
//! in descending order of time, so that they know the future; here time ascends. It tells the fundamentals of today to all of
//! the past; here they come from a table with the dates on which they became known.

use backstaff_study::config::{Problem, document::Node};
use backstaff_words::did_you_mean;

use super::{
    instance::Place,
    loader::{Loader, group},
};
use crate::alpha::Named;

/// The handler's class.
pub(super) const HANDLER: &str = "QuantLabFeatureHandler";

/// Strategies that are top-k with dropout: what else they are told changes nothing in the original.
pub(super) const TOPK: [&str; 2] = ["TechFundamentalStrategy", "MeanReversionOptionsStrategy"];
/// The strategy of weights.
pub(super) const WEIGHTS: &str = "SentimentMomentumStrategy";

/// Arguments of these strategies that no code of the original reads.
pub(super) const IDLE: [&str; 10] = [
    "rsi_weight",
    "macd_weight",
    "fundamental_weight",
    "rsi_oversold",
    "rsi_overbought",
    "stop_loss_pct",
    "momentum_weight",
    "sentiment_weight",
    "min_sentiment",
    "max_pe",
];

const TECHNICAL: [&str; 8] =
    ["sma_20", "sma_50", "ema_12", "ema_26", "rsi_14", "macd_line", "macd_signal", "macd_hist"];
const PUBLISHED: [&str; 15] = [
    "yf_pe_ratio",
    "yf_forward_pe",
    "yf_peg_ratio",
    "yf_profit_margin",
    "yf_roe",
    "yf_revenue_growth",
    "yf_earnings_growth",
    "yf_price_to_book",
    "yf_debt_to_equity",
    "yf_target_price",
    "av_sentiment_score",
    "av_articles_positive",
    "av_articles_negative",
    "av_articles_neutral",
    "av_relevance",
];
/// What the handler loads where the file names nothing.
const USUAL: [&str; 16] = [
    "polygon_sma_20",
    "polygon_sma_50",
    "polygon_ema_12",
    "polygon_ema_26",
    "polygon_rsi_14",
    "polygon_macd_line",
    "polygon_macd_signal",
    "polygon_macd_hist",
    "yf_pe_ratio",
    "yf_forward_pe",
    "yf_peg_ratio",
    "yf_profit_margin",
    "yf_roe",
    "yf_revenue_growth",
    "av_sentiment_score",
    "av_articles_positive",
];

/// The columns that `feature_names` asks for, and the return from close to close as label.
pub(super) fn loader(kwargs: &Place<'_>) -> Result<Loader, Problem> {
    let usual = USUAL.map(str::to_owned).to_vec();
    let names = match kwargs.get("feature_names") {
        None => usual,
        Some(place) => {
            let text = |item: Place<'_>| {
                item.node.as_text().map(str::to_owned).ok_or_else(|| item.problem("must be a name"))
            };
            place.items().into_iter().map(text).collect::<Result<_, _>>()?
        }
    };
    let (mut technical, mut published) = (Vec::new(), Vec::new());
    for name in &names {
        match name.strip_prefix("polygon_") {
            Some(own) if TECHNICAL.contains(&own) => technical.push(Named::new(name, own)),
            None if PUBLISHED.contains(&name.as_str()) => {
                let field = name.split_once('_').map_or(name.as_str(), |(_, field)| field);
                published.push(Named::new(name, field));
            }
            _ => {
                let known = TECHNICAL.iter().map(|own| format!("polygon_{own}")).collect::<Vec<_>>();
                let all = known.iter().map(String::as_str).chain(PUBLISHED);
                let near = did_you_mean(name, all);
                let message =
                    format!("there is no feature `{name}`{near} (the original passes over it in silence)");
                let place = kwargs.node.get("feature_names").and_then(|node: &Node| node.place.clone());
                return Err(Problem { key: kwargs.below("feature_names"), message, place });
            }
        }
    }
    let label = Named::new("LABEL0", "Ref($close, -1)/$close - 1");
    Ok(Loader::Quantlab {
        names,
        computed: vec![group("feature", technical), group("label", vec![label])],
        published,
    })
}
