//! Settings by dotted keys, as a matrix and a command line give them.

use super::ExperimentError;

/// Put a value at a dotted key, such as `objects.samples_per_ray`. Tables are laid over tables entry by entry, but a
/// whole `field` takes the place of a whole `field`, and a budget that of any other.
pub(super) fn put(table: &mut toml::Table, key: &str, value: toml::Value) -> Result<(), ExperimentError> {
    if let Some((first, rest)) = key.split_once('.') {
        let empty = || toml::Value::Table(toml::Table::new());
        let inner = table.entry(first).or_insert_with(empty);
        if first == "budget" {
            *inner = empty();
        }
        let toml::Value::Table(inner) = inner else {
            return Err(ExperimentError::File(format!("{first} has no entries, so {key} cannot be set")));
        };
        return put(inner, rest, value);
    }
    match (table.get_mut(key), value) {
        (Some(toml::Value::Table(below)), toml::Value::Table(above)) if key != "field" && key != "budget" => {
            above.into_iter().try_for_each(|(key, value)| put(below, &key, value))
        }
        (_, value) => {
            table.insert(key.to_owned(), value);
            Ok(())
        }
    }
}

/// `KEY=VALUE` of a command line: a value of TOML where it is one, else a text.
pub(super) fn parse(text: &str) -> Result<(String, toml::Value), ExperimentError> {
    let refuse = || ExperimentError::File(format!("{text:?} is not KEY=VALUE, as data.objects=FOLDER"));
    let (key, value) = text.split_once('=').ok_or_else(refuse)?;
    let key = key.trim();
    if key.is_empty() || key.split('.').any(str::is_empty) {
        return Err(refuse());
    }
    let parsed =
        format!("value = {value}").parse::<toml::Table>().ok().and_then(|mut own| own.remove("value"));
    Ok((key.to_owned(), parsed.unwrap_or_else(|| toml::Value::String(value.to_owned()))))
}

/// A value as a person reads it in a table.
pub(super) fn label(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(all) if all.is_empty() => "none".into(),
        toml::Value::Array(all) => all.iter().map(label).collect::<Vec<_>>().join("+"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_laid_over_each_other_by_dotted_keys() {
        let mut table: toml::Table =
            "steps = 1\n[objects]\ndepths = [1.0, 2.0]\n[field]\nlayers = 3\nhidden = 8".parse().unwrap();
        for text in ["steps=2", "objects.without=[\"a\"]", "field.hidden=16", "name=a = b"] {
            let (key, value) = parse(text).unwrap();
            put(&mut table, &key, value).unwrap();
        }
        put(&mut table, "objects", toml::Value::Table("most_views = 2".parse().unwrap())).unwrap();
        let expected: toml::Table =
            "steps = 2\nname = \"a = b\"\n[objects]\ndepths = [1.0, 2.0]\nwithout = [\"a\"]\n\
             most_views = 2\n[field]\nlayers = 3\nhidden = 16"
                .parse()
                .unwrap();
        assert_eq!(table, expected);
        put(&mut table, "field", toml::Value::Table("layers = 1".parse().unwrap())).unwrap();
        assert_eq!(table["field"].as_table().unwrap().len(), 1);
        put(&mut table, "budget.steps", 1.into()).unwrap();
        put(&mut table, "budget.seconds", 2.0.into()).unwrap();
        assert_eq!(table["budget"].to_string(), "{ seconds = 2.0 }");
        assert!(put(&mut table, "steps.inner", 1.into()).is_err());
        assert!(parse("no value").is_err() && parse(".x=1").is_err());
    }
}
