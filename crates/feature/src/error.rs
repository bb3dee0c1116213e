//! Why features could not be defined, resolved or computed.

use crate::{ExpressionError, expression::nearest};

/// Why features could not be defined, resolved or computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum FeatureError {
    /// The text of an expression is at fault; the message shows the place.
    #[error(transparent)]
    Expression(Box<ExpressionError>),

    #[error("there is no feature or library {name:?}{}", suggestion(.nearest.as_ref()))]
    UnknownFeature { name: String, nearest: Option<String> },

    #[error("there is no feature, library or operator {name:?}{}", suggestion(.nearest.as_ref()))]
    UnknownName { name: String, nearest: Option<String> },

    #[error("there is no library {name:?}; the libraries are {known}{}", suggestion(.nearest.as_ref()))]
    UnknownLibrary { name: String, known: String, nearest: Option<String> },

    #[error("feature {name:?} is defined twice: in {first} and in {second}; rename one of them")]
    Duplicate { name: String, first: String, second: String },

    #[error("{name:?} cannot name a feature: {reason}")]
    Name { name: String, reason: &'static str },

    /// Named features that use each other: each uses the next, the last one is the first again.
    #[error("features use each other in a circle: {}", .path.join(" -> "))]
    Cycle { path: Vec<String> },

    #[error("cannot read the feature file {file}: {message}")]
    File { file: String, message: String },

    #[error("operator {name} is registered twice")]
    DuplicateOperator { name: String },

    /// A plan meets a panel without a column that was in the schema.
    #[error("feature {feature} reads {column}, which the panel does not have")]
    MissingColumn { feature: String, column: String },

    /// A computation is to go on from states that it can't have left.
    #[error("the states that feature {feature} is to go on from are those of another feature")]
    States { feature: String },
}

impl FeatureError {
    /// A name that is none of the known ones: of features and libraries.
    pub(crate) fn unknown_feature<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        Self::UnknownFeature { name: name.to_owned(), nearest: nearest(name, known).map(str::to_owned) }
    }

    /// A name that is none of the known ones: of features, libraries and operators.
    pub fn unknown_name<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        Self::UnknownName { name: name.to_owned(), nearest: nearest(name, known).map(str::to_owned) }
    }

    /// A name that is none of the known libraries.
    pub fn unknown_library<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known = known.into_iter().collect::<Vec<_>>();
        let nearest = nearest(name, known.iter().copied()).map(str::to_owned);
        Self::UnknownLibrary { name: name.to_owned(), known: known.join(", "), nearest }
    }

    /// Whether an expression is right but for a column that the data don't have.
    pub fn lacks_column(&self) -> bool {
        matches!(self, Self::Expression(error) if error.lacks_column())
    }
}

fn suggestion(nearest: Option<&String>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean {nearest:?}?"))
}

impl From<ExpressionError> for FeatureError {
    fn from(error: ExpressionError) -> Self {
        Self::Expression(Box::new(error))
    }
}
