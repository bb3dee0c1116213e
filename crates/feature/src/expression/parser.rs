//! From tokens to syntax, with Python's grammar of operators, so that an expression written for Qlib means the same.
//!
//! From loose to tight: comparisons; `|`; `&`; `+ -`; `* /`; unary `- + ~ !`; `**` (to the right). As in Python, `&`
//! and `|` bind tighter than comparisons: `$a > 1 & $b > 2` is `$a > (1 & $b) > 2`, which is refused with a hint.

use super::{
    TextSpan,
    error::Fault,
    syntax::{Argument, Call, Syntax, SyntaxKind},
    token::{Token, tokens},
};

/// The deepest nesting of an expression that is read.
pub(crate) const MAX_DEPTH: usize = 200;

/// Binary operators: sign, operator, how tightly it binds.
const BINARY: [(&str, &str, u8); 13] = [
    ("<", "Lt", COMPARISON),
    ("<=", "Le", COMPARISON),
    (">", "Gt", COMPARISON),
    (">=", "Ge", COMPARISON),
    ("==", "Eq", COMPARISON),
    ("!=", "Ne", COMPARISON),
    ("|", "Or", 2),
    ("&", "And", 3),
    ("+", "Add", 4),
    ("-", "Sub", 4),
    ("*", "Mul", 5),
    ("/", "Div", 5),
    ("**", "Power", POWER),
];
/// What pandas calls after `.rolling(n)`, and the operators that do it.
const METHODS: [(&str, &str); 8] = [
    ("mean", "Mean"),
    ("std", "Std"),
    ("var", "Var"),
    ("sum", "Sum"),
    ("max", "Max"),
    ("min", "Min"),
    ("median", "Med"),
    ("rank", "Rank"),
];
const COMPARISON: u8 = 1;
const UNARY: u8 = 6;
const POWER: u8 = 7;

/// The syntax of a whole text.
pub(crate) fn parse(text: &str) -> Result<Syntax, Fault> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
    if parser.peek() == &Token::End {
        return Err(Fault::new(parser.span(), "the expression is empty"));
    }
    let syntax = parser.expression(COMPARISON)?;
    match parser.peek() {
        Token::End => Ok(syntax),
        Token::Sign(")") => Err(Fault::new(parser.span(), "this `)` closes nothing")),
        _ => Err(parser.unexpected("an operator or the end of the expression")),
    }
}

struct Parser {
    tokens: Vec<(Token, TextSpan)>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].0
    }

    fn span(&self) -> TextSpan {
        self.tokens[self.next].1
    }

    fn advance(&mut self) -> (Token, TextSpan) {
        let token = self.tokens[self.next].clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn take(&mut self, sign: &str) -> Option<TextSpan> {
        let found = matches!(self.peek(), Token::Sign(found) if *found == sign);
        found.then(|| self.advance().1)
    }

    fn unexpected(&self, expected: &str) -> Fault {
        let found = match self.peek() {
            Token::End => "the expression ends".to_owned(),
            Token::Number(value) => format!("found the number {value}"),
            Token::Field(name) => format!("found the field `${name}`"),
            Token::Fact(name) => format!("found the fact `$${name}`"),
            Token::Text(text) => format!("found the text '{text}'"),
            Token::Name(name) => format!("found `{name}`"),
            Token::Sign(sign) => format!("found `{sign}`"),
        };
        let fault = Fault::new(self.span(), format!("{found} where {expected} should be"));
        match self.peek() {
            Token::Name(name) if name == "and" => fault.help("write `&`, with both sides in parentheses"),
            Token::Name(name) if name == "or" => fault.help("write `|`, with both sides in parentheses"),
            Token::Sign("=") => fault.help("write `==` to compare"),
            Token::Sign("[" | "]") => fault.help("brackets have no meaning in expressions"),
            _ => fault,
        }
    }

    fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(too_deep(self.span())) } else { Ok(()) }
    }

    /// Operators that bind at least as tightly as `least`.
    fn expression(&mut self, least: u8) -> Result<Syntax, Fault> {
        self.enter()?;
        let mut left = self.prefix()?;
        let mut compared = None;
        while let Some((operator, strength)) = self.binary().filter(|&(_, strength)| strength >= least) {
            let (_, sign_span) = self.advance();
            if strength == COMPARISON {
                if let Some(first) = compared {
                    return Err(chained(first, sign_span));
                }
                compared = Some(sign_span);
            }
            // What follows `**` may begin with a minus and takes further powers with it: 2 ** -3 ** 2.
            let right = match strength {
                POWER => self.expression(UNARY)?,
                _ => self.expression(strength + 1)?,
            };
            left = call(operator, sign_span, vec![left, right])?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn binary(&self) -> Option<(&'static str, u8)> {
        let Token::Sign(sign) = self.peek() else { return None };
        BINARY.iter().find(|(found, ..)| found == sign).map(|&(_, operator, strength)| (operator, strength))
    }

    /// An operand with the signs in front of it.
    fn prefix(&mut self) -> Result<Syntax, Fault> {
        let (sign, span) = match self.peek() {
            Token::Sign(sign @ ("-" | "+" | "~" | "!")) => (*sign, self.span()),
            _ => return self.postfix(),
        };
        self.advance();
        let operand = self.expression(UNARY)?;
        match (sign, &operand.kind) {
            ("+", _) => Ok(operand),
            ("-", &SyntaxKind::Number(value)) => {
                Ok(Syntax { kind: SyntaxKind::Number(-value), span: span.to(operand.span), depth: 1 })
            }
            ("-", _) => call("Neg", span, vec![operand]),
            _ => call("Not", span, vec![operand]),
        }
    }

    /// An operand with the members chosen from it.
    fn postfix(&mut self) -> Result<Syntax, Fault> {
        let mut syntax = self.operand()?;
        if let (SyntaxKind::Field(name), Token::Sign("(")) = (&syntax.kind, self.peek())
            && let Some((field, method)) = name.rsplit_once('.')
        {
            let of = Syntax { kind: SyntaxKind::Field(field.to_owned()), ..syntax.clone() };
            return Err(self.method(&of, method, syntax.span));
        }
        while let Some(dot) = self.take(".") {
            let (Token::Name(member), member_span) = self.advance() else {
                return Err(Fault::new(dot, "`.` is not followed by the name of an output"));
            };
            if matches!(self.peek(), Token::Sign("(")) {
                return Err(self.method(&syntax, &member, member_span));
            }
            let span = syntax.span.to(member_span);
            let depth = deeper(syntax.depth, span)?;
            syntax = Syntax {
                kind: SyntaxKind::Member { of: Box::new(syntax), member, member_span },
                span,
                depth,
            };
        }
        Ok(syntax)
    }

    /// The mistake of a method as pandas has them, with the operator to write instead.
    fn method(&self, of: &Syntax, member: &str, span: TextSpan) -> Fault {
        let of = match &of.kind {
            SyntaxKind::Field(name) => format!("${name}"),
            SyntaxKind::Name(name) => name.clone(),
            _ => "x".to_owned(),
        };
        let at = |ahead: usize| self.tokens.get(self.next + ahead).map(|(token, _)| token);
        let n = match at(1) {
            Some(Token::Number(n)) => *n,
            _ if member == "rolling" => 20.0,
            _ => 1.0,
        };
        let aggregate = match (at(3), at(4)) {
            (Some(Token::Sign(".")), Some(Token::Name(name))) => name.as_str(),
            _ => "mean",
        };
        let instead = match member {
            "rolling" => METHODS
                .iter()
                .find(|(name, _)| *name == aggregate)
                .map(|(_, operator)| format!("{operator}({of}, {n})")),
            "ewm" => Some(format!("EMA({of}, {n})")),
            "shift" => Some(format!("Ref({of}, {n})")),
            "diff" => Some(format!("Delta({of}, {n})")),
            "pct_change" => Some(format!("{of} / Ref({of}, {n}) - 1")),
            "abs" => Some(format!("Abs({of})")),
            "rank" => Some(format!("CsRank({of})")),
            _ => None,
        };
        let fault = Fault::new(span, format!("expressions have no methods such as `.{member}(...)`"));
        match instead {
            Some(instead) => fault.help(format!("write `{instead}`")),
            None => fault.help("operators stand in front, as in `Mean($close, 5)`"),
        }
    }

    fn operand(&mut self) -> Result<Syntax, Fault> {
        let leaf = |kind, span| Ok(Syntax { kind, span, depth: 1 });
        match self.peek() {
            Token::Sign("(") => {
                let (_, open) = self.advance();
                let inner = self.expression(COMPARISON)?;
                match self.take(")") {
                    Some(close) => Ok(Syntax { span: open.to(close), ..inner }),
                    None if self.peek() == &Token::End => Err(Fault::new(open, "this `(` is never closed")),
                    None => Err(self.unexpected("`)` or an operator")),
                }
            }
            Token::Number(_) | Token::Field(_) | Token::Fact(_) | Token::Text(_) => match self.advance() {
                (Token::Number(value), span) => leaf(SyntaxKind::Number(value), span),
                (Token::Field(name), span) => leaf(SyntaxKind::Field(name), span),
                (Token::Fact(name), span) => leaf(SyntaxKind::Fact(name), span),
                (Token::Text(text), span) => leaf(SyntaxKind::Text(text), span),
                (_, span) => Err(Fault::new(span, "unexpected token")),
            },
            Token::Name(_) => self.named(),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// A bare name, or a call with its namespace.
    fn named(&mut self) -> Result<Syntax, Fault> {
        let (Token::Name(mut name), mut span) = self.advance() else {
            return Err(self.unexpected("a name"));
        };
        if self.is_namespace() {
            self.advance();
            if let (Token::Name(part), part_span) = self.advance() {
                name = format!("{name}.{part}");
                span = span.to(part_span);
            }
        }
        match self.take("(") {
            Some(open) => self.arguments(name, span, open),
            None => Ok(Syntax { kind: SyntaxKind::Name(name), span, depth: 1 }),
        }
    }

    /// Whether `.Name(` follows, so that what was read is a namespace.
    fn is_namespace(&self) -> bool {
        let mut tokens = self.tokens[self.next..].iter().map(|(token, _)| token);
        matches!(
            (tokens.next(), tokens.next(), tokens.next()),
            (Some(Token::Sign(".")), Some(Token::Name(_)), Some(Token::Sign("(")))
        )
    }

    fn arguments(&mut self, name: String, name_span: TextSpan, open: TextSpan) -> Result<Syntax, Fault> {
        let mut arguments = Vec::<Argument>::new();
        let close = loop {
            if let Some(close) = self.take(")") {
                break close;
            }
            if self.peek() == &Token::End {
                return Err(Fault::new(open, "this `(` is never closed"));
            }
            let argument = self.argument()?;
            if argument.key.is_none() && arguments.last().is_some_and(|last| last.key.is_some()) {
                return Err(Fault::new(
                    argument.value.span,
                    "a value without a name follows one with a name",
                )
                .help("write the values with names last"));
            }
            arguments.push(argument);
            if self.take(",").is_none() && !matches!(self.peek(), Token::Sign(")") | Token::End) {
                return Err(self.unexpected("`,` or `)`"));
            }
        };
        let span = name_span.to(close);
        let depth = arguments.iter().map(|argument| argument.value.depth).max().unwrap_or(0);
        let depth = deeper(depth, span)?;
        Ok(Syntax { kind: SyntaxKind::Call(Call { name, name_span, arguments }), span, depth })
    }

    fn argument(&mut self) -> Result<Argument, Fault> {
        let key = match (self.peek(), self.tokens.get(self.next + 1)) {
            (Token::Name(name), Some((Token::Sign("="), _))) => Some((name.clone(), self.span())),
            _ => None,
        };
        if key.is_some() {
            self.next += 2;
        }
        Ok(Argument { key, value: self.expression(COMPARISON)? })
    }
}

fn call(name: &str, name_span: TextSpan, operands: Vec<Syntax>) -> Result<Syntax, Fault> {
    let span = operands.iter().fold(name_span, |span, operand| TextSpan {
        start: span.start.min(operand.span.start),
        end: span.end.max(operand.span.end),
    });
    let depth = deeper(operands.iter().map(|operand| operand.depth).max().unwrap_or(0), name_span)?;
    let arguments = operands.into_iter().map(|value| Argument { key: None, value }).collect();
    Ok(Syntax { kind: SyntaxKind::Call(Call { name: name.to_owned(), name_span, arguments }), span, depth })
}

fn deeper(depth: usize, span: TextSpan) -> Result<usize, Fault> {
    if depth < MAX_DEPTH { Ok(depth + 1) } else { Err(too_deep(span)) }
}

fn too_deep(span: TextSpan) -> Fault {
    Fault::new(span, format!("the expression is nested more than {MAX_DEPTH} deep"))
        .help("give parts of it names of their own")
}

fn chained(first: TextSpan, second: TextSpan) -> Fault {
    Fault::new(first.to(second), "comparisons cannot be chained")
        .help("`&` and `|` bind tighter than comparisons: write `(a > 1) & (b > 2)`")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The tree with every bracket written.
    fn shown(syntax: &Syntax) -> String {
        match &syntax.kind {
            SyntaxKind::Number(value) => value.to_string(),
            SyntaxKind::Field(name) => format!("${name}"),
            SyntaxKind::Fact(name) => format!("$${name}"),
            SyntaxKind::Text(text) => format!("'{text}'"),
            SyntaxKind::Name(name) => name.clone(),
            SyntaxKind::Member { of, member, .. } => format!("{}.{member}", shown(of)),
            SyntaxKind::Call(call) => {
                let arguments = call.arguments.iter().map(|argument| match &argument.key {
                    Some((key, _)) => format!("{key}={}", shown(&argument.value)),
                    None => shown(&argument.value),
                });
                format!("{}({})", call.name, arguments.collect::<Vec<_>>().join(","))
            }
        }
    }

    fn tree(text: &str) -> String {
        parse(text).map_or_else(|fault| panic!("{}", fault.within("f", text)), |syntax| shown(&syntax))
    }

    fn fault(text: &str) -> Fault {
        parse(text).expect_err(text)
    }

    #[test]
    fn binds_as_python_does() {
        assert_eq!(tree("1 + 2 * 3 - 4"), "Sub(Add(1,Mul(2,3)),4)");
        assert_eq!(tree("-$a ** 2"), "Neg(Power($a,2))");
        assert_eq!(tree("2 ** -3 ** 2"), "Power(2,Neg(Power(3,2)))");
        assert_eq!(tree("2 ** 3 ** 2"), "Power(2,Power(3,2))");
        assert_eq!(tree("-2 * $a"), "Mul(-2,$a)");
        assert_eq!(tree("$a > 1 + 2"), "Gt($a,Add(1,2))");
        assert_eq!(tree("($a > 1) & ($b > 2) | c"), "Or(And(Gt($a,1),Gt($b,2)),c)");
        assert_eq!(tree("$a > 1 | c"), "Gt($a,Or(1,c))");
        assert_eq!(tree("~a & !b"), "And(Not(a),Not(b))");
        assert_eq!(tree("a / b / c"), "Div(Div(a,b),c)");
    }

    #[test]
    fn reads_calls_namespaces_and_members() {
        assert_eq!(tree("Mean($close, 20, min=-1,)"), "Mean($close,20,min=-1)");
        assert_eq!(tree("ta.MACD($c, 12).macdsignal * 2"), "Mul(ta.MACD($c,12).macdsignal,2)");
        assert_eq!(tree("f()\n  # done\n"), "f()");
        assert_eq!(tree("Other(\"SPY\", P($$x_q + 1))"), "Other('SPY',P(Add($$x_q,1)))");
        assert_eq!(tree("CsRank(x, within = $a > 1, by=sector)"), "CsRank(x,within=Gt($a,1),by=sector)");
    }

    #[test]
    fn says_where_the_syntax_is_wrong() {
        assert_eq!(fault("Mean($close, 20").span, TextSpan::new(4, 5));
        assert_eq!(fault("1 + ").message, "the expression ends where a value should be");
        assert_eq!(fault("1 2").span, TextSpan::new(2, 3));
        assert_eq!(fault("1)").message, "this `)` closes nothing");
        assert_eq!(fault("").message, "the expression is empty");
        assert_eq!(fault("f(a=1, 2)").span, TextSpan::new(7, 8));
        assert!(fault("$a > 1 & $b > 2").help.is_some_and(|help| help.contains("bind tighter")));
        assert!(fault("a and b").help.is_some());
        assert!(fault("$a = 2").help.is_some());
        assert!(fault("f(x).").message.contains("output"));
    }

    #[test]
    fn refuses_deep_nesting_of_every_kind() {
        let n = 100_000;
        for text in [
            "(".repeat(n),
            "-".repeat(n) + "1",
            "!".repeat(n),
            "f(".repeat(n),
            "1+".repeat(n) + "1",
            "2**".repeat(n) + "1",
            "f()".to_owned() + &".a".repeat(n),
            "a.".repeat(n) + "f()",
            "1|".repeat(n) + "1",
        ] {
            let _ = parse(&text);
        }
        assert!(fault(&"(".repeat(n)).message.contains("nested"));
        assert!(fault(&("1+".repeat(n) + "1")).message.contains("nested"));
        assert!(parse(&("1+".repeat(150) + "1")).is_ok());
    }

    proptest! {
        #[test]
        fn never_panics_on_any_text(text in "\\PC{0,80}") {
            if let Err(fault) = parse(&text) {
                let _ = fault.within("f", &text).to_string();
            }
        }

        #[test]
        fn never_panics_on_likely_text(parts in prop::collection::vec(prop::sample::select(vec![
            "Mean", "(", ")", "$close", ",", "20", "min", "=", "+", "-", "*", "**", "/", "<", ">=", "==", "&", "|",
            "!", "~", ".", "ta", "#", "\n", " ", "1e", ".5", "$", "${", "}", "é", "'", "\"", "$$", "$$x", "'a'",
        ]), 0..40)) {
            let text = parts.concat();
            if let Err(fault) = parse(&text) {
                let _ = fault.within("f", &text).to_string();
            }
        }
    }
}
