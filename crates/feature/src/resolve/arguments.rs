//! Arguments matched to the parameters of an operator.

use super::{Context, constant::constant};
use crate::{
    expression::{Argument, Call, Fault, Syntax, SyntaxKind, did_you_mean},
    operator::{MAX_LENGTH, Operator, Parameter, ParameterKind, usage},
};

/// The argument of each parameter, as the call gives it; a fault where they don't fit.
pub(super) fn match_arguments<'a>(
    operator: &dyn Operator,
    call: &'a Call,
) -> Result<Vec<Option<&'a Argument>>, Fault> {
    let parameters = operator.signature().parameters;
    let usage = || format!("it is written `{}`", usage(operator));
    let mut matched = vec![None; parameters.len()];
    let mut next = 0;
    for argument in &call.arguments {
        let place = if let Some((key, span)) = &argument.key {
            parameters.iter().position(|parameter| parameter.name == key).ok_or_else(|| {
                let known = parameters.iter().map(|parameter| parameter.name);
                Fault::new(*span, format!("`{}` has no parameter `{key}`", call.name))
                    .help(did_you_mean("", key, known).unwrap_or_else(usage))
            })?
        } else {
            next += 1;
            next - 1
        };
        if argument.key.is_none() && parameters.get(place).is_none_or(|found| found.kind.only_by_name()) {
            let message = format!("`{}` takes fewer values", call.name);
            return Err(Fault::new(argument.value.span, message).help(usage()));
        }
        if matched[place].replace(argument).is_some() {
            let message = format!("`{}` of `{}` is given twice", parameters[place].name, call.name);
            return Err(Fault::new(argument.value.span, message));
        }
    }
    let missing =
        parameters.iter().zip(&matched).find(|(parameter, found)| parameter.is_required() && found.is_none());
    match missing {
        Some((parameter, _)) => {
            let message = format!("`{}` needs a value for `{}`", call.name, parameter.name);
            Err(Fault::new(call.name_span, message).help(usage()))
        }
        None => Ok(matched),
    }
}

/// The text in quotes that an argument must be.
pub(super) fn text<'a>(call: &Call, parameter: &Parameter, value: &'a Syntax) -> Result<&'a str, Fault> {
    if let SyntaxKind::Text(text) = &value.kind {
        return Ok(text);
    }
    let what = match parameter.kind {
        ParameterKind::Choice(words) => format!("one of {}", quoted(words)),
        _ => "the name of an instrument in quotes, as in 'SPY'".to_owned(),
    };
    Err(Fault::new(value.span, format!("`{}` of `{}` must be {what}", parameter.name, call.name)))
}

/// The place of the word that an argument chooses among those of the parameter.
pub(super) fn choice(
    call: &Call,
    parameter: &Parameter,
    words: &[&str],
    value: &Syntax,
) -> Result<f64, Fault> {
    let word = text(call, parameter, value)?;
    let place = words.iter().position(|known| *known == word).ok_or_else(|| {
        let help = did_you_mean("", word, words.iter().copied());
        let message = format!("`{}` of `{}` cannot be '{word}'", parameter.name, call.name);
        Fault::new(value.span, message)
            .help(help.unwrap_or_else(|| format!("it is one of {}", quoted(words))))
    })?;
    Ok(place as f64)
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
}

/// The number that an argument stands for.
pub(super) fn number(
    context: &Context<'_>,
    call: &Call,
    parameter: &Parameter,
    value: &Syntax,
) -> Result<f64, Fault> {
    let fault =
        |wrong: String| Fault::new(value.span, format!("`{}` of `{}` {wrong}", parameter.name, call.name));
    let arguments = context.arguments.map(|(arguments, _)| arguments);
    let number = constant(value, arguments)
        .ok_or_else(|| fault("must be a number that is written here".to_owned()))?;
    // One zero, so that `0` and `-0` are the same parameter.
    let number = number + 0.0;
    match wrong_number(parameter.kind, number) {
        None => Ok(number),
        Some(wrong) => {
            let is_weight = parameter.kind == ParameterKind::Window && number > 0.0 && number < 1.0;
            let help = is_weight.then(|| format!("a weight makes an exponential mean: `Mean(x, {number})`"));
            Err(fault(format!("{wrong}, not {number}")).maybe_help(help))
        }
    }
}

/// The rule that a number breaks, if it breaks one.
fn wrong_number(kind: ParameterKind, number: f64) -> Option<String> {
    let whole = number.fract() == 0.0;
    let most = MAX_LENGTH as f64;
    let wrong = match kind {
        ParameterKind::Window if !whole || !(0.0..=most).contains(&number) => {
            format!("must be a whole number of sessions from 1 to {most}, or 0 for all so far")
        }
        ParameterKind::WindowOrWeight if !(whole || number < 1.0) || !(0.0..=most).contains(&number) => {
            format!(
                "must be a whole number of sessions from 1 to {most}, 0 for all so far, or a weight below 1"
            )
        }
        ParameterKind::Integer { least, most } if !whole || number < least as f64 || number > most as f64 => {
            format!("must be a whole number from {least} to {most}")
        }
        ParameterKind::Number { least, most } if !(least..=most).contains(&number) => {
            format!("must be a number from {least} to {most}")
        }
        _ if number.is_nan() => "must be a number".to_owned(),
        _ => return None,
    };
    Some(wrong)
}
