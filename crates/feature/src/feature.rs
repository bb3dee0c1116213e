//! A checked expression with a name.

use std::{collections::BTreeSet, fmt, sync::Arc};

use crate::{
    Carry, LookBack, ValueType,
    graph::{Graph, Node, NodeKind, carried, mixed},
    operator::Work,
};

/// A number for each row, known at the row's close: a checked expression with a name.
#[derive(Clone)]
pub struct Feature {
    name: String,
    expression: String,
    graph: Arc<Graph>,
}

impl Feature {
    pub(crate) fn new(name: &str, expression: &str, graph: Graph) -> Self {
        Self { name: name.to_owned(), expression: expression.to_owned(), graph: Arc::new(graph) }
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    fn root(&self) -> &Node {
        self.graph.nodes().last().expect("a feature has at least one node")
    }

    /// The name of the feature.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The expression, as written.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The computation spelled out: names are replaced by their expressions, every parameter and the versions of the
    /// operators written. Features with equal canonical texts have equal bits on equal columns, whatever their names.
    pub fn canonical(&self) -> &str {
        &self.root().canonical
    }

    /// The calls that the expression is made of, operands before what uses them and the whole last; each is named by
    /// its canonical text. Columns and constants are not among them.
    ///
    /// For finding the part of an expression that something is true of.
    ///
    /// ```
    /// use backstaff_feature::{Catalog, Schema};
    /// use backstaff_panel::testing;
    ///
    /// let schema = Schema::of(&testing::market(testing::MarketSpec::default()));
    /// let catalog = Catalog::new().with("calm", "Mean(Abs($open), 5)")?;
    /// let parts = catalog.resolve(&["calm"], &schema)?[0].parts();
    /// assert_eq!(parts.len(), 2);
    /// assert!(parts[0].name().starts_with("Abs"));
    /// # Ok::<(), backstaff_feature::FeatureError>(())
    /// ```
    pub fn parts(&self) -> Vec<Self> {
        let nodes = self.graph.nodes().iter().enumerate();
        let calls = nodes.filter(|(_, node)| matches!(node.kind, NodeKind::Call(_)));
        calls.map(|(n, node)| Self::new(&node.canonical, &node.canonical, self.graph.part(n))).collect()
    }

    /// The same expression in Qlib's arithmetic: fields are 32-bit numbers, what is computed row by row from these alone
    /// is rounded to 32 bits at each step, constants too; windows and all that follows them have 64 bits.
    ///
    /// - Source: Microsoft Qlib 0.9.7, whose columns are of type `float32`.
    ///
    /// ```
    /// use backstaff_feature::{Catalog, Plan, Schema};
    /// use backstaff_panel::{Encoding, testing};
    ///
    /// let panel = testing::market(testing::MarketSpec::default());
    /// let catalog = Catalog::new().with("range", "$close - $open + 1e-12")?;
    /// let features = catalog.resolve(&["range"], &Schema::of(&panel))?;
    /// let mixed = features[0].in_mixed_precision();
    /// let columns = Plan::new(&[mixed]).compute(&panel, Encoding::F64, &())?;
    /// assert!((0..columns[0].len()).map(|row| columns[0].get(row)).all(|x| x.is_nan() || f64::from(x as f32) == x));
    /// # Ok::<(), backstaff_feature::FeatureError>(())
    /// ```
    #[must_use]
    pub fn in_mixed_precision(&self) -> Self {
        Self { graph: Arc::new(mixed(&self.graph)), ..self.clone() }
    }

    /// The fields that the expression reads, without `$`.
    pub fn fields(&self) -> BTreeSet<&str> {
        self.columns(|node| matches!(node.kind, NodeKind::Field(_)))
    }

    /// The category columns that the expression reads.
    pub fn categories(&self) -> BTreeSet<&str> {
        self.columns(|node| matches!(node.kind, NodeKind::Categories(_)))
    }

    /// The published facts that the expression reads, without `$$`. Its look-back says nothing about them: what was
    /// published long ago still counts.
    pub fn facts(&self) -> BTreeSet<&str> {
        let names = self.graph.nodes().iter().filter_map(|node| match &node.kind {
            NodeKind::Call(bound) => match &bound.work {
                Work::Facts { names, .. } => Some(names),
                _ => None,
            },
            _ => None,
        });
        names.flatten().map(|name| &**name).collect()
    }

    fn columns(&self, of_kind: impl Fn(&Node) -> bool) -> BTreeSet<&str> {
        let names =
            self.graph.nodes().iter().filter(|node| of_kind(node)).filter_map(|node| match &node.kind {
                NodeKind::Field(name) | NodeKind::Categories(name) => Some(&**name),
                _ => None,
            });
        names.collect()
    }

    /// How many earlier sessions a value depends on.
    pub fn look_back(&self) -> LookBack {
        self.root().look_back
    }

    /// What the feature needs of the past to go on from a cut of the calendar; `None` if it needs all history, since
    /// an operator in it keeps no state (an expanding window).
    pub fn carry(&self) -> Option<Carry> {
        let (recursions, sessions) = carried(&self.graph)?;
        Some(Carry { sessions, recursions: recursions.len() })
    }

    /// The type of the values: numbers, or conditions (stored as 1 and 0).
    pub fn value_type(&self) -> ValueType {
        self.root().value_type
    }

    /// Whether a value depends on other instruments of its session.
    pub fn is_cross_sectional(&self) -> bool {
        self.graph
            .nodes()
            .iter()
            .any(|node| matches!(&node.kind, NodeKind::Call(bound) if matches!(bound.work, Work::Session(_))))
    }

    pub(crate) fn look_ahead(&self) -> usize {
        self.root().look_ahead
    }
}

impl fmt::Debug for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feature")
            .field("name", &self.name)
            .field("canonical", &self.canonical())
            .finish_non_exhaustive()
    }
}

/// An expression that may look ahead: the target of a model, never its input.
///
/// It is a type of its own so that it can't stand where a [`Feature`] is asked for.
#[derive(Clone, Debug)]
pub struct LabelExpression(pub(crate) Feature);

impl LabelExpression {
    /// The same expression in Qlib's arithmetic; see [`Feature::in_mixed_precision`].
    #[must_use]
    pub fn in_mixed_precision(&self) -> Self {
        Self(self.0.in_mixed_precision())
    }

    /// The name of the feature.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The expression, as written.
    pub fn expression(&self) -> &str {
        self.0.expression()
    }

    /// The computation spelled out; see [`Feature::canonical`].
    pub fn canonical(&self) -> &str {
        self.0.canonical()
    }

    /// The fields that the expression reads, without `$`.
    pub fn fields(&self) -> BTreeSet<&str> {
        self.0.fields()
    }

    /// The category columns that the expression reads.
    pub fn categories(&self) -> BTreeSet<&str> {
        self.0.categories()
    }

    /// How many earlier sessions a value depends on.
    pub fn look_back(&self) -> LookBack {
        self.0.look_back()
    }

    /// How many later sessions a value depends on; training windows must be purged by so many.
    pub fn look_ahead(&self) -> usize {
        self.0.look_ahead()
    }
}
