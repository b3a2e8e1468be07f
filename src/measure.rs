//! What a bench asks of the page's program: no reader does.

/// A number for all facts of a packed scenario: the same natively and here.
///
/// # Errors
/// Why the scenario does not play.
#[inline(never)]
pub fn digest(packed: &str) -> Result<String, String> {
    let player = highwater_player::playback::Player::open(packed).map_err(|error| error.to_string())?;
    Ok(player.run().digest())
}

/// Measures the simulation and the log here, as JSON: events a second under a load, milliseconds to be anywhere in a run, and
/// what the log does in a second.
///
/// # Errors
/// Why the load does not run.
#[inline(never)]
pub fn bench() -> Result<String, String> {
    const EVENTS: u64 = 100_000;
    const SEEKS: u64 = 200;
    const WARM_MS: f64 = 3_000.0;
    let failed = |error: highwater_player::load::LoadError| error.to_string();
    highwater_player::load::run(EVENTS / 10).map_err(failed)?;
    let mut run = || highwater_player::load::run(EVENTS).map_or(0, |_| EVENTS as usize);
    // A browser compiles anew, and better, what runs often: the first seconds are not what it can do.
    let begun = js_sys::Date::now();
    while js_sys::Date::now() - begun < WARM_MS {
        run();
    }
    let events = per_second(&mut run);
    let history = highwater_player::load::history(EVENTS).map_err(failed)?;
    // The third slowest of 200: what 99 of 100 are not slower than.
    let (started, mut slowest) = (js_sys::Date::now(), [0.0_f64; 3]);
    for number in 0..SEEKS {
        let before = js_sys::Date::now();
        highwater_player::load::seek(&history, number * 49_999 % EVENTS);
        let mut took = js_sys::Date::now() - before;
        for place in &mut slowest {
            (*place, took) = (place.max(took), place.min(took));
        }
    }
    let seek_us = ((js_sys::Date::now() - started) * 1_000.0) as u64 / SEEKS;
    let [slowest, _, p99] = slowest.map(|ms| ms as u64);
    Ok(format!(
        r#"{{"events":{{"per_second":{events}}},"seek":{{"mean_ms":{}.{:03},"p99_ms":{p99},"max_ms":{slowest}}},"log":{{{}}}}}"#,
        seek_us / 1_000,
        seek_us % 1_000,
        bench_log()?
    ))
}

/// The fields of what the log does in a second.
fn bench_log() -> Result<String, String> {
    const SEGMENT_BYTES: usize = 10_000_000;
    let mut load = highwater_player::log_load::LogLoad::new()?;
    let segment = load.segment(SEGMENT_BYTES);
    let mut fields = Vec::new();
    let mut measure = |name: &str, work: &mut dyn FnMut() -> usize| {
        let rate = per_second(work);
        fields.push(format!(r#""{name}":{{"per_second":{rate}}}"#));
    };
    measure("encoded_records", &mut || load.encode());
    measure("appended_records", &mut || load.append());
    measure("decoded_records", &mut || load.decode());
    measure("warm_index_lookups", &mut || load.look_up());
    measure("dumped_bytes", &mut || load.dump(&segment));
    Ok(fields.join(","))
}

/// How many things a second `work` does, which says how many it did each time.
fn per_second(work: &mut dyn FnMut() -> usize) -> u64 {
    const ROUND_MS: f64 = 500.0;
    work();
    let (started, mut done) = (js_sys::Date::now(), 0_usize);
    loop {
        done += work();
        let passed = js_sys::Date::now() - started;
        if passed >= ROUND_MS {
            return (done as f64 / passed * 1_000.0) as u64;
        }
    }
}
