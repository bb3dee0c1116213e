//! Qlib's sets of features: Alpha158 with its settings, and Alpha360.
//!
//! Source: Microsoft Qlib 0.9.7 (MIT), `Alpha158DL` and `Alpha360DL`: names, formulas, order.

use serde_json::Value;

/// A column: its name and its expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name of the column.
    pub name: String,
    /// The expression in Qlib's language.
    pub expression: String,
}

impl Named {
    /// A column of this name.
    pub fn new(name: &str, expression: impl Into<String>) -> Self {
        Self { name: name.to_owned(), expression: expression.into() }
    }
}

/// Which parts Alpha158 has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Whether the shape of the bar is there.
    pub kbar: bool,
    /// The windows and fields of prices over the close.
    pub price: Option<(Vec<u32>, Vec<String>)>,
    /// The windows of volumes over the volume.
    pub volume: Option<Vec<u32>>,
    /// The windows of the families, which are taken (all if `None`) and which are left out.
    pub rolling: Option<Rolling>,
}

/// The families over windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rolling {
    /// The lengths of the windows.
    pub windows: Vec<u32>,
    /// The families that are taken; all if `None`.
    pub include: Option<Vec<String>>,
    /// The families that are left out.
    pub exclude: Vec<String>,
}

const WINDOWS: [u32; 5] = [5, 10, 20, 30, 60];

impl Default for Config {
    fn default() -> Self {
        let fields = ["OPEN", "HIGH", "LOW", "VWAP"].map(str::to_owned).to_vec();
        Self { kbar: true, price: Some((vec![0], fields)), volume: None, rolling: Some(Rolling::default()) }
    }
}

impl Default for Rolling {
    fn default() -> Self {
        Self { windows: WINDOWS.to_vec(), include: None, exclude: Vec::new() }
    }
}

impl Config {
    /// The settings that a file gives: a part that it does not name is not there.
    pub fn read(value: &Value) -> Result<Self, String> {
        let Some(map) = value.as_object() else { return Err("must be a mapping".to_owned()) };
        if let Some(key) =
            map.keys().find(|key| !["kbar", "price", "volume", "rolling"].contains(&key.as_str()))
        {
            return Err(format!(
                "there is no part `{key}` of Alpha158 (known: kbar, price, volume, rolling)"
            ));
        }
        let windows = |part: &Value, usual: &[u32]| match part.get("windows") {
            None | Some(Value::Null) => Ok(usual.to_vec()),
            Some(list) => {
                let number = |item: &Value| item.as_u64().and_then(|n| u32::try_from(n).ok());
                let list =
                    list.as_array().and_then(|list| list.iter().map(number).collect::<Option<Vec<_>>>());
                list.ok_or_else(|| "windows must be whole numbers".to_owned())
            }
        };
        let names = |part: &Value, key: &str| -> Option<Vec<String>> {
            let list = part.get(key)?.as_array()?;
            Some(list.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
        };
        let price = match map.get("price") {
            Some(part) if !part.is_null() => {
                let usual = || ["OPEN", "HIGH", "LOW", "CLOSE", "VWAP"].map(str::to_owned).to_vec();
                let all = [0, 1, 2, 3, 4];
                Some((windows(part, &all)?, names(part, "feature").unwrap_or_else(usual)))
            }
            _ => None,
        };
        let volume = match map.get("volume") {
            Some(part) if !part.is_null() => Some(windows(part, &[0, 1, 2, 3, 4])?),
            _ => None,
        };
        let rolling = match map.get("rolling") {
            Some(part) if !part.is_null() => Some(Rolling {
                windows: windows(part, &WINDOWS)?,
                include: names(part, "include"),
                exclude: names(part, "exclude").unwrap_or_default(),
            }),
            _ => None,
        };
        Ok(Self { kbar: map.contains_key("kbar"), price, volume, rolling })
    }
}

const KBAR: [(&str, &str); 9] = [
    ("KMID", "($close-$open)/$open"),
    ("KLEN", "($high-$low)/$open"),
    ("KMID2", "($close-$open)/($high-$low+1e-12)"),
    ("KUP", "($high-Greater($open, $close))/$open"),
    ("KUP2", "($high-Greater($open, $close))/($high-$low+1e-12)"),
    ("KLOW", "(Less($open, $close)-$low)/$open"),
    ("KLOW2", "(Less($open, $close)-$low)/($high-$low+1e-12)"),
    ("KSFT", "(2*$close-$high-$low)/$open"),
    ("KSFT2", "(2*$close-$high-$low)/($high-$low+1e-12)"),
];

/// The families: the key in `include` and `exclude`, the name of the columns, the expression with `{d}` for the window.
const FAMILIES: [(&str, &str, &str); 29] = [
    ("ROC", "ROC", "Ref($close, {d})/$close"),
    ("MA", "MA", "Mean($close, {d})/$close"),
    ("STD", "STD", "Std($close, {d})/$close"),
    ("BETA", "BETA", "Slope($close, {d})/$close"),
    ("RSQR", "RSQR", "Rsquare($close, {d})"),
    ("RESI", "RESI", "Resi($close, {d})/$close"),
    ("MAX", "MAX", "Max($high, {d})/$close"),
    ("LOW", "MIN", "Min($low, {d})/$close"),
    ("QTLU", "QTLU", "Quantile($close, {d}, 0.8)/$close"),
    ("QTLD", "QTLD", "Quantile($close, {d}, 0.2)/$close"),
    ("RANK", "RANK", "Rank($close, {d})"),
    ("RSV", "RSV", "($close-Min($low, {d}))/(Max($high, {d})-Min($low, {d})+1e-12)"),
    ("IMAX", "IMAX", "IdxMax($high, {d})/{d}"),
    ("IMIN", "IMIN", "IdxMin($low, {d})/{d}"),
    ("IMXD", "IMXD", "(IdxMax($high, {d})-IdxMin($low, {d}))/{d}"),
    ("CORR", "CORR", "Corr($close, Log($volume+1), {d})"),
    ("CORD", "CORD", "Corr($close/Ref($close,1), Log($volume/Ref($volume, 1)+1), {d})"),
    ("CNTP", "CNTP", "Mean($close>Ref($close, 1), {d})"),
    ("CNTN", "CNTN", "Mean($close<Ref($close, 1), {d})"),
    ("CNTD", "CNTD", "Mean($close>Ref($close, 1), {d})-Mean($close<Ref($close, 1), {d})"),
    (
        "SUMP",
        "SUMP",
        "Sum(Greater($close-Ref($close, 1), 0), {d})/(Sum(Abs($close-Ref($close, 1)), {d})+1e-12)",
    ),
    (
        "SUMN",
        "SUMN",
        "Sum(Greater(Ref($close, 1)-$close, 0), {d})/(Sum(Abs($close-Ref($close, 1)), {d})+1e-12)",
    ),
    (
        "SUMD",
        "SUMD",
        "(Sum(Greater($close-Ref($close, 1), 0), {d})-Sum(Greater(Ref($close, 1)-$close, 0), {d}))/(Sum(Abs($close-Ref($close, 1)), {d})+1e-12)",
    ),
    ("VMA", "VMA", "Mean($volume, {d})/($volume+1e-12)"),
    ("VSTD", "VSTD", "Std($volume, {d})/($volume+1e-12)"),
    (
        "WVMA",
        "WVMA",
        "Std(Abs($close/Ref($close, 1)-1)*$volume, {d})/(Mean(Abs($close/Ref($close, 1)-1)*$volume, {d})+1e-12)",
    ),
    (
        "VSUMP",
        "VSUMP",
        "Sum(Greater($volume-Ref($volume, 1), 0), {d})/(Sum(Abs($volume-Ref($volume, 1)), {d})+1e-12)",
    ),
    (
        "VSUMN",
        "VSUMN",
        "Sum(Greater(Ref($volume, 1)-$volume, 0), {d})/(Sum(Abs($volume-Ref($volume, 1)), {d})+1e-12)",
    ),
    (
        "VSUMD",
        "VSUMD",
        "(Sum(Greater($volume-Ref($volume, 1), 0), {d})-Sum(Greater(Ref($volume, 1)-$volume, 0), {d}))/(Sum(Abs($volume-Ref($volume, 1)), {d})+1e-12)",
    ),
];

/// Alpha158 with these settings.
pub fn alpha158(config: &Config) -> Vec<Named> {
    let mut columns = Vec::new();
    if config.kbar {
        columns.extend(KBAR.iter().map(|(name, expression)| Named::new(name, *expression)));
    }
    if let Some((windows, fields)) = &config.price {
        for field in fields {
            let column = field.to_lowercase();
            columns.extend(windows.iter().map(|&d| {
                let expression =
                    if d == 0 { format!("${column}/$close") } else { format!("Ref(${column}, {d})/$close") };
                Named::new(&format!("{}{d}", field.to_uppercase()), expression)
            }));
        }
    }
    for &d in config.volume.iter().flatten() {
        let expression = if d == 0 {
            "$volume/($volume+1e-12)".to_owned()
        } else {
            format!("Ref($volume, {d})/($volume+1e-12)")
        };
        columns.push(Named::new(&format!("VOLUME{d}"), expression));
    }
    if let Some(Rolling { windows, include, exclude }) = &config.rolling {
        let is_used = |key: &str| {
            !exclude.iter().any(|name| name == key)
                && include.as_ref().is_none_or(|names| names.iter().any(|name| name == key))
        };
        for (_, name, expression) in FAMILIES.iter().filter(|(key, ..)| is_used(key)) {
            let of = |d: &u32| Named::new(&format!("{name}{d}"), expression.replace("{d}", &d.to_string()));
            columns.extend(windows.iter().map(of));
        }
    }
    columns
}

/// Alpha360: sixty sessions of prices over the last close, and of volumes over the last volume.
pub fn alpha360() -> Vec<Named> {
    let mut columns = Vec::new();
    for field in ["close", "open", "high", "low", "vwap", "volume"] {
        let over = if field == "volume" { "($volume+1e-12)" } else { "$close" };
        for i in (0..60).rev() {
            let past = if i == 0 { format!("${field}") } else { format!("Ref(${field}, {i})") };
            columns.push(Named::new(&format!("{}{i}", field.to_uppercase()), format!("{past}/{over}")));
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_have_as_many_columns_as_their_names_say() {
        let all = alpha158(&Config::default());
        assert_eq!(all.len(), 158);
        assert_eq!(alpha360().len(), 360);
        let [first, last] = [0, 157].map(|n| all[n].name.as_str());
        assert_eq!([first, last], ["KMID", "VSUMD60"]);
        assert_eq!(alpha360()[0], Named::new("CLOSE59", "Ref($close, 59)/$close"));
    }

    #[test]
    fn parts_that_settings_do_not_name_are_not_there() {
        let settings = serde_json::json!({ "price": {"windows": [0, 2], "feature": ["OPEN"]}, "rolling": {"windows": [5], "include": ["MA", "LOW"]} });
        let names = alpha158(&Config::read(&settings).unwrap()).into_iter().map(|column| column.name);
        assert_eq!(names.collect::<Vec<_>>(), ["OPEN0", "OPEN2", "MA5", "MIN5"]);
        assert!(Config::read(&serde_json::json!({"kbars": {}})).unwrap_err().contains("kbars"));
    }
}
