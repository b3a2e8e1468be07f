//! What a scenario compares, and which configs are worth turning, from JSON.

use super::{all, localized, scalar, template};
use crate::compare::Change;
use crate::json::{Fields, Json, Read, list};
use crate::lang::Lang;
use crate::script::{Compare, Knob, Localized, Place};
use crate::template::Template;

// Apart in the built page too: the first scenario's steps are of one future.
#[inline(never)]
pub(super) fn compare(mut fields: Fields) -> Read<Compare> {
    let compare = Compare {
        a: localized(fields.table("a")?)?,
        b: localized(fields.table("b")?)?,
        changes: all(fields.list("changes")?, change)?,
    };
    fields.end()?;
    Ok(compare)
}

fn change(json: Json, place: Place) -> Read<Change> {
    let mut fields = Fields::of(json, place)?;
    let change = Change {
        step: fields.number("step")?,
        name: fields.text("name")?,
        target: fields.text("target")?,
        argument: fields.text("argument")?,
    };
    fields.end()?;
    Ok(change)
}

/// What is said of B alone.
pub(super) fn say_b(fields: &mut Fields) -> Read<Option<Localized<Template>>> {
    match fields.optional("say_b") {
        Some(json) => side(Fields::of(json, fields.at("say_b"))?).map(Some),
        None => Ok(None),
    }
}

#[inline(never)]
fn side(mut fields: Fields) -> Read<Localized<Template>> {
    let texts = Localized { en: template(&mut fields, "en", Lang::En)?, zh: template(&mut fields, "zh", Lang::Zh)? };
    fields.end()?;
    Ok(texts)
}

#[inline(never)]
pub(super) fn knobs(json: Json, place: &Place) -> Read<Vec<Knob>> {
    all(list(json, place)?, knob)
}

fn knob(json: Json, place: Place) -> Read<Knob> {
    let mut fields = Fields::of(json, place)?;
    let knob = Knob {
        config: fields.text("config")?,
        of: fields.text("of")?,
        values: all(fields.list("values")?, |json, place| scalar(json, &place))?,
        why: localized(fields.table("why")?)?,
    };
    fields.end()?;
    Ok(knob)
}
