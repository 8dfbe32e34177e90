//! Progress of long work: a bar on a terminal, a line for each step otherwise.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lodge_template::Progress;
use std::io::IsTerminal;
use std::time::Duration;

/// Shows progress on standard error.
pub(crate) enum Shown {
    Bar(ProgressBar),
    Lines,
}

const STEPS: u64 = 1000;

impl Shown {
    pub(crate) fn new() -> Shown {
        if !std::io::stderr().is_terminal() {
            return Shown::Lines;
        }
        let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
        bar.set_style(spinner());
        bar.enable_steady_tick(Duration::from_millis(120));
        Shown::Bar(bar)
    }
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn bar() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} [{bar:24}] {percent:>3}% {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

impl Progress for Shown {
    fn begin(&self, what: &str) {
        match self {
            Shown::Bar(bar) => {
                bar.set_style(spinner());
                bar.set_position(0);
                bar.set_message(what.to_owned());
            }
            Shown::Lines => crate::say(what),
        }
    }

    fn fraction(&self, done: f64) {
        if let Shown::Bar(shown) = self {
            if shown.position() == 0 {
                shown.set_style(bar());
            }
            shown.set_position((done.clamp(0.0, 1.0) * STEPS as f64) as u64);
        }
    }

    fn note(&self, text: &str) {
        match self {
            Shown::Bar(bar) => bar.println(format!("lodge: {text}")),
            Shown::Lines => crate::say(text),
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
