//! What the log, the simulation and the page shall do, beside what they did.

use serde_json::{Map, Value, json};

/// In wasm a third of it is enough.
const WASM_SHARE: f64 = 1.0 / 3.0;
const NANOS: f64 = 1e9;

/// Something that is measured under its name in `native.log` and in the page, and how much of it a second there shall be.
const BUDGETS: [(&str, &str, f64); 6] = [
    ("append, records/s", "appended_records", 2e6),
    ("decode, records/s", "decoded_records", 3e6),
    ("index lookup, ns", "warm_index_lookups", NANOS / 300.0),
    ("dump in memory, bytes/s", "dumped_bytes", 2e8),
    ("highwater dump, bytes/s", "dumped_bytes_as_text", 2e8),
    ("highwater dump --json, bytes/s", "dumped_bytes_as_json", 2e8),
];
/// What the kafka-protocol crate decodes of the same bytes in the same run.
const PEER: (&str, &str) = ("decode by kafka-protocol, records/s", "decoded_records_by_kafka_protocol");

/// A line of the table. Rates are per second.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    what: &'static str,
    least: f64,
    native: Option<f64>,
    wasm: Option<f64>,
}

impl Budget {
    fn is_time(&self) -> bool {
        self.what.ends_with("ns")
    }

    /// How many times the budget it is.
    fn native_ratio(&self) -> Option<f64> {
        Some(self.native? / self.least)
    }

    /// How many times a third of the budget it is.
    fn wasm_ratio(&self) -> Option<f64> {
        Some(self.wasm? / (self.least * WASM_SHARE))
    }

    /// As JSON, as the table has it.
    pub fn json(&self) -> Value {
        json!({
            "what": self.what,
            "budget_per_second": self.least.round(),
            "native_ratio": self.native_ratio().map(two_places),
            "wasm_ratio": self.wasm_ratio().map(two_places),
        })
    }
}

fn two_places(ratio: f64) -> f64 {
    (ratio * 100.0).round() / 100.0
}

/// The lines, from what was measured natively and in wasm. The peer's rate is a budget too: to be faster than it.
pub fn of_log(native: &Value, wasm: &Value) -> Vec<Budget> {
    let rate = |measured: &Value, name: &str| measured.get(name)?.get("per_second")?.as_f64();
    let line = |(what, name, least): (&'static str, &str, f64)| Budget {
        what,
        least,
        native: rate(native, name),
        wasm: rate(wasm, name),
    };
    let mut lines: Vec<Budget> = BUDGETS.into_iter().map(line).collect();
    let (what, name) = PEER;
    if let Some(theirs) = rate(native, name) {
        lines.push(Budget { what, least: theirs, native: rate(native, "decoded_records"), wasm: None });
    }
    lines
}

/// The table, for people.
pub fn table(budgets: &[Budget]) -> Vec<String> {
    let head = format!("{:36} {:>10} {:>10} {:>8} {:>10} {:>10}", "", "budget", "native", "times", "wasm", "times 1/3");
    let mut lines = vec![head];
    for line in budgets {
        let shown = |rate: f64| {
            if line.is_time() { format!("{:.0}", NANOS / rate) } else { format!("{:.1} M", rate / 1e6) }
        };
        let rate = |rate: Option<f64>| rate.map_or_else(String::new, shown);
        let ratio = |ratio: Option<f64>| ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
        lines.push(format!(
            "{:36} {:>10} {:>10} {:>8} {:>10} {:>10}",
            line.what,
            shown(line.least),
            rate(line.native),
            ratio(line.native_ratio()),
            rate(line.wasm),
            ratio(line.wasm_ratio()),
        ));
    }
    lines
}

/// Something that shall be at most so much, or at least.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    what: &'static str,
    budget: f64,
    is_least: bool,
    measured: Option<f64>,
}

impl Bound {
    /// As JSON, as the table has it.
    pub fn json(&self) -> Value {
        let side = if self.is_least { "least" } else { "most" };
        json!({ "what": self.what, side: self.budget, "measured": self.measured, "kept": self.is_kept() })
    }

    fn is_kept(&self) -> Option<bool> {
        let measured = self.measured?;
        Some(if self.is_least { measured >= self.budget } else { measured <= self.budget })
    }
}

/// How much longer an assignor may take for a hundred times as many partitions, 1,000 to 100,000: n log n.
const HUNDRED_TIMES: f64 = 100.0 * 5.0 / 3.0;

/// What the page, the simulation, its history and the assignors cost, from what was measured. Milliseconds of the page are
/// medians of script, in a browser that draws in software.
pub fn of_all(native: &Map<String, Value>, page: &Map<String, Value>, first_load: usize) -> Vec<Bound> {
    let of = |measured: &Map<String, Value>, path: &[&str]| {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(measured.get(*first)?, |value, key| value.get(*key))?.as_f64()
    };
    let most = |what, budget, measured| Bound { what, budget, is_least: false, measured };
    let least = |what, budget, measured| Bound { what, budget, is_least: true, measured };
    let large = |path: &[&str]| of(page, &[&["large cluster"], path].concat());
    // Of sticky and cooperative-sticky, with the same subscriptions and with different ones: the slowest.
    let sticky = |measure: &dyn Fn(&Value) -> Option<f64>| {
        let all = native.get("assignors")?.get("ms_by_partitions")?.as_object()?;
        all.values().map(measure).collect::<Option<Vec<f64>>>()?.into_iter().reduce(f64::max)
    };
    let ms = |by_partitions: &Value, partitions: &str| by_partitions.get(partitions)?.get("median_ms")?.as_f64();
    let growth = |measured: &Value| Some(ms(measured, "100000")? / ms(measured, "1000")?);
    vec![
        most("step, 10 brokers × 24 × 3, ms of script", 8.0, large(&["step", "median_ms"])),
        most("step back, ms of script", 8.0, large(&["back", "median_ms"])),
        most("jump, ms of script", 8.0, large(&["seek", "median_ms"])),
        most("frames while it moves, ms", 16.7, large(&["frames", "median_ms"])),
        most("first step, 4 times slower, ms", 1_000.0, of(page, &["first step of key-hash", "usable_ms"])),
        most("rebalance of 100, ms of script", 16.0, of(page, &["large group", "rebalance", "median_ms"])),
        most("seek in 100,000 events in wasm, p99 ms", 16.0, of(page, &["wasm", "seek", "p99_ms"])),
        most("memory of an event, bytes", 200.0, of(native, &["memory", "bytes_an_event"])),
        #[allow(clippy::cast_precision_loss, reason = "a size of some hundred kilobytes")]
        most("first load, bytes after brotli", 300_000.0, Some(first_load as f64)),
        least("events a second, native", 1e6, of(native, &["simulation", "events", "per_second"])),
        least("events a second, wasm", 4e5, of(page, &["wasm", "events", "per_second"])),
        most("10 s of 50 brokers × 1,000 × 3, s", 10.0, of(native, &["simulation", "wide", "seconds"])),
        most("sticky, 1,000 members × 10,000, ms", 300.0, sticky(&|measured| ms(measured, "10000"))),
        most("sticky, 100,000 to 1,000 partitions, times", HUNDRED_TIMES, sticky(&growth)),
    ]
}

/// Their table, for people.
pub fn bounds_table(lines: &[Bound]) -> Vec<String> {
    let head = format!("{:42} {:>14} {:>10}", "", "budget", "measured");
    let row = |line: &Bound| {
        let measured = line.measured.map_or_else(|| "-".to_owned(), |measured| format!("{measured:.1}"));
        let kept = match line.is_kept() {
            Some(true) => "  within",
            Some(false) => "  over",
            None => "",
        };
        let budget = format!("{} {:.1}", if line.is_least { "≥" } else { "≤" }, line.budget);
        format!("{:42} {budget:>14} {measured:>10}{kept}", line.what)
    };
    std::iter::once(head).chain(lines.iter().map(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_its_budget_is_said_and_what_was_not_measured_too() {
        let sticky = |small: f64, middle: f64, large: f64| {
            let ms = |median: f64| json!({ "median_ms": median });
            json!({ "1000": ms(small), "10000": ms(middle), "100000": ms(large) })
        };
        let native = json!({
            "memory": { "bytes_an_event": 470 },
            "simulation": { "events": { "per_second": 1_250_000 } },
            "assignors": { "ms_by_partitions": { "sticky": sticky(1.0, 12.0, 100.0), "other": sticky(1.0, 90.0, 200.0) } },
        });
        let page = json!({ "large cluster": { "step": { "median_ms": 5.25 } }, "wasm": { "events": { "per_second": 399_999 } } });
        let object = |value: &Value| value.as_object().cloned().unwrap();
        let lines = of_all(&object(&native), &object(&page), 299_000);
        let table = bounds_table(&lines);
        let line = |start: &str| {
            let line = table.iter().find(|line| line.starts_with(start)).unwrap();
            line.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert!(line("step, 10").ends_with("≤ 8.0 5.2 within"), "{}", line("step, 10"));
        assert!(line("memory").ends_with("470.0 over"), "{}", line("memory"));
        assert!(line("first step").ends_with('-'), "{}", line("first step"));
        assert!(line("events a second, native").ends_with("≥ 1000000.0 1250000.0 within"), "{table:?}");
        assert!(line("events a second, wasm").ends_with("over"));
        assert!(line("sticky, 1,000").ends_with("90.0 within"));
        assert!(line("sticky, 100,000").ends_with("≤ 166.7 200.0 over"), "{table:?}");
        let json: Vec<Value> = lines.iter().map(Bound::json).collect();
        assert!(json.iter().any(|line| line["kept"] == true && line["least"] == 1e6));
    }

    #[test]
    fn a_line_says_how_it_lies_to_its_budget() {
        let rate = |rate: f64| json!({ "per_second": rate });
        let native = json!({
            "decoded_records": rate(9e6),
            "warm_index_lookups": rate(1e7),
            "decoded_records_by_kafka_protocol": rate(6e6),
        });
        let lines = of_log(&native, &json!({ "decoded_records": rate(1e6) }));
        let table = table(&lines);
        let line = |start: &str| {
            let line = table.iter().find(|line| line.starts_with(start)).unwrap();
            line.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(line("decode, "), "decode, records/s 3.0 M 9.0 M 3.00 1.0 M 1.00");
        assert_eq!(line("index"), "index lookup, ns 300 100 3.00");
        assert_eq!(line("decode by"), "decode by kafka-protocol, records/s 6.0 M 9.0 M 1.50");
        assert_eq!(line("append"), "append, records/s 2.0 M");
        assert_eq!(lines.last().unwrap().json()["native_ratio"], 1.5);
    }
}
