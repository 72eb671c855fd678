//! Percentiles and plain tables.

use std::time::Duration;

#[derive(Default)]
pub struct Figures {
    millis: Vec<f64>,
}

pub fn heading(text: &str) {
    println!("\n{text}");
}

impl Figures {
    pub fn add(&mut self, time: Duration) {
        self.millis.push(time.as_secs_f64() * 1000.0);
    }

    pub fn print_head() {
        println!("{:<14} {:>7} {:>9} {:>9} {:>9} {:>9}", "", "n", "p50", "p95", "p99", "max");
    }

    pub fn print(mut self, name: &str) {
        self.millis.sort_by(f64::total_cmp);
        let at = |share: f64| percentile(&self.millis, share);
        println!("{name:<14} {:>7} {:>9.3} {:>9.3} {:>9.3} {:>9.3}", self.millis.len(), at(0.5), at(0.95), at(0.99), at(1.0));
    }
}

/// Of sorted values; the nearest rank.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(f64::NAN)
}

pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    percentile(values, 0.5)
}
