//! What the log shall do in a second, beside what it did.

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

/// Something of the page that shall be at most so much.
#[derive(Clone, Debug, PartialEq)]
pub struct Most {
    what: &'static str,
    budget: f64,
    measured: Option<f64>,
}

impl Most {
    /// As JSON, as the table has it.
    pub fn json(&self) -> Value {
        json!({ "what": self.what, "most": self.budget, "measured": self.measured, "kept": self.is_kept() })
    }

    fn is_kept(&self) -> Option<bool> {
        Some(self.measured? <= self.budget)
    }
}

/// What the page and its history cost, from what was measured; medians of script, in a browser that draws in software.
pub fn of_page(native: &Map<String, Value>, page: &Map<String, Value>, first_load: usize) -> Vec<Most> {
    let of = |measured: &Map<String, Value>, path: &[&str]| {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(measured.get(*first)?, |value, key| value.get(*key))?.as_f64()
    };
    let line = |what, budget, measured| Most { what, budget, measured };
    let large = |path: &[&str]| of(page, &[&["large cluster"], path].concat());
    vec![
        line("step, 10 brokers × 24 × 3, ms of script", 8.0, large(&["step", "median_ms"])),
        line("step back, ms of script", 8.0, large(&["back", "median_ms"])),
        line("jump, ms of script", 8.0, large(&["seek", "median_ms"])),
        line("frames while it moves, ms", 16.7, large(&["frames", "median_ms"])),
        line("first step, 4 times slower, ms", 1_000.0, of(page, &["first step of key-hash", "usable_ms"])),
        line("seek in 100,000 events in wasm, p99 ms", 16.0, of(page, &["wasm", "seek", "p99_ms"])),
        line("memory of an event, bytes", 200.0, of(native, &["history", "bytes_an_event"])),
        #[allow(clippy::cast_precision_loss, reason = "a size of some hundred kilobytes")]
        line("first load, bytes after brotli", 300_000.0, Some(first_load as f64)),
    ]
}

/// Their table, for people.
pub fn page_table(lines: &[Most]) -> Vec<String> {
    let head = format!("{:42} {:>10} {:>10}", "", "at most", "measured");
    let row = |line: &Most| {
        let measured = line.measured.map_or_else(|| "-".to_owned(), |measured| format!("{measured:.1}"));
        let over = if line.is_kept() == Some(false) { "  over" } else { "" };
        format!("{:42} {:>10} {measured:>10}{over}", line.what, line.budget)
    };
    std::iter::once(head).chain(lines.iter().map(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_its_budget_is_said_and_what_was_not_measured_too() {
        let native = json!({ "history": { "bytes_an_event": 470 } });
        let page = json!({ "large cluster": { "step": { "median_ms": 5.25 } } });
        let object = |value: &Value| value.as_object().cloned().unwrap();
        let lines = of_page(&object(&native), &object(&page), 299_000);
        let table = page_table(&lines);
        let line = |start: &str| table.iter().find(|line| line.starts_with(start)).unwrap().clone();
        assert!(line("step, 10").ends_with("8        5.2"), "{}", line("step, 10"));
        assert!(line("memory").ends_with("470.0  over"), "{}", line("memory"));
        assert!(line("first step").ends_with('-'), "{}", line("first step"));
        assert_eq!(lines.last().unwrap().json()["kept"], true);
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
