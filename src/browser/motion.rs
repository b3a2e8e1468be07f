//! Plays motions: `Element.animate` over the drawn picture.

use std::cell::RefCell;

use highwater_player::sorted::SortedMap;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::Animation;

use super::{find, find_all, mark_selector, wants_less_motion};
use crate::motion::Move;
use crate::stage::node::number;

thread_local! {
    /// What moves now, by mark.
    static MOVING: RefCell<SortedMap<String, Animation>> = const { RefCell::new(SortedMap::new()) };
}

/// Plays one motion of a mark; an earlier one of the same mark ends.
pub fn play(one: &Move) {
    let Some(element) = find(&mark_selector(&one.mark)) else {
        return;
    };
    if let Some(earlier) = MOVING.with_borrow_mut(|moving| moving.remove(&one.mark)) {
        earlier.cancel();
    }
    let frames = Array::new();
    for point in &one.points {
        let frame = Object::new();
        set(&frame, "offset", &point.when.into());
        if let Some((x, y)) = point.at {
            set(&frame, "transform", &format!("translate({}px, {}px)", number(x), number(y)).into());
        }
        if let Some(opacity) = point.opacity {
            set(&frame, "opacity", &opacity.into());
        }
        if let Some(fill) = point.fill {
            set(&frame, "fill", &fill.into());
        }
        if let Some(drawn) = point.drawn {
            set(&frame, "strokeDasharray", &"1 1".into());
            set(&frame, "strokeDashoffset", &(1.0 - drawn).into());
        }
        frames.push(&frame);
    }
    let timing = Object::new();
    set(&timing, "duration", &one.duration_ms.into());
    set(&timing, "delay", &one.delay_ms.into());
    set(&timing, "easing", &one.ease.css().into());
    set(&timing, "fill", &(if one.holds { "both" } else { "backwards" }).into());
    // `Element.animate` takes keyframes and options as plain objects; it has no typed binding.
    let animation = Reflect::get(&element, &"animate".into())
        .ok()
        .and_then(|animate| animate.dyn_into::<js_sys::Function>().ok())
        .and_then(|animate| animate.call2(&element, &frames, &timing).ok())
        .and_then(|animation| animation.dyn_into::<Animation>().ok());
    if let Some(animation) = animation {
        MOVING.with_borrow_mut(|moving| moving.insert(one.mark.clone(), animation));
    }
}

fn set(object: &Object, key: &str, value: &JsValue) {
    let _ = Reflect::set(object, &JsValue::from_str(key), value);
}

/// Ends everything that moves; the picture shows where it led.
pub fn finish() {
    for (_, animation) in MOVING.take() {
        animation.cancel();
    }
}

/// A short fade of what stands on the stage, as a cut to another picture has it.
pub fn fade_in_stage() {
    if wants_less_motion() {
        return;
    }
    let frames = Array::new();
    for opacity in [0.4, 1.0] {
        let frame = Object::new();
        set(&frame, "opacity", &opacity.into());
        frames.push(&frame);
    }
    for element in find_all("[data-stage]") {
        let animate = Reflect::get(&element, &"animate".into()).ok();
        if let Some(animate) = animate.and_then(|animate| animate.dyn_into::<js_sys::Function>().ok()) {
            let _ = animate.call2(&element, &frames, &90.0.into());
        }
    }
}
