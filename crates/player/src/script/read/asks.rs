//! Questions that are not chosen from: a number to give, a mark to point at. Apart in the built page: the course's first
//! scenario asks none.

use super::expression;
use crate::json::{Fields, Json, Read, unknown};
use crate::script::{Asked, Choices, Place, Pointed, localized};

#[inline(never)]
pub(super) fn choices(kind: &str, json: Json, place: Place) -> Read<Choices> {
    if !matches!(kind, "number" | "point") {
        return Err(unknown(&place, kind, &["near", "listed", "number", "point"]).into());
    }
    let mut fields = Fields::of(json, place)?;
    let choices = if kind == "number" {
        Choices::Number(Asked {
            about: expression(fields.value("about")?, &fields.at("about"))?,
            unit: fields.optional_table("unit")?.map(localized).transpose()?,
        })
    } else {
        Choices::Point(Pointed {
            marks: fields.text("marks")?,
            when: expression(fields.value("when")?, &fields.at("when"))?,
        })
    };
    fields.end()?;
    Ok(choices)
}
