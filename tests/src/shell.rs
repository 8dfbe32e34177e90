//! A POSIX shell at the other end of a session: commands in, exact output and exit status out.
//!
//! Echo and prompt are switched off, and each command is followed by a mark the command line itself cannot be
//! mistaken for. Lines the kernel logs onto the same console are left out of answers.

use std::time::Duration;

use crate::Session;

/// A shell that has been taken over from a [`Session`].
pub struct Shell {
    session: Session,
    within: Duration,
    count: u32,
}

impl Shell {
    /// Waits for `prompt`, then takes over. Every later answer may take `within`.
    #[track_caller]
    pub fn enter(mut session: Session, prompt: &str, boot: Duration, within: Duration) -> Self {
        session.expect(prompt, boot);
        Self::take(session, within)
    }

    /// Takes over a shell whose prompt has been seen.
    #[track_caller]
    pub fn take(mut session: Session, within: Duration) -> Self {
        // A shell whose output is no terminal prints no prompt and does not edit lines, so echo can be off.
        session.send("stty -echo 2>/dev/null; echo going-'quiet'; sh 2>&1 | cat\n");
        session.expect("going-quiet", within);
        session.expect("\n", within);
        session.send("echo shell-'is-ready'\n");
        session.expect("shell-is-ready", within);
        session.expect("\n", within);
        Self { session, within, count: 0 }
    }

    /// Runs `command`; returns its output and its exit status.
    #[track_caller]
    pub fn run_status(&mut self, command: &str) -> (String, i32) {
        self.run_within(command, self.within)
    }

    /// As [`Shell::run_status`] with a time-out of its own.
    #[track_caller]
    pub fn run_within(&mut self, command: &str, within: Duration) -> (String, i32) {
        self.count += 1;
        let mark = format!("@end {} ", self.count);
        self.session.send(&format!("{command}\necho \"@end\" {} $? @\n", self.count));
        let answer = self.session.expect(&mark, within);
        let status = self.session.expect(" @", within);
        self.session.expect("\n", within);
        let status = status.trim().parse().unwrap_or_else(|_| self.session.fail("printed no exit status"));
        (clean(&answer), status)
    }

    /// Runs `command`, which must succeed; returns its output without the line end.
    #[track_caller]
    pub fn run(&mut self, command: &str) -> String {
        let (answer, status) = self.run_status(command);
        if status != 0 {
            self.session.fail(&format!("`{command}` gave status {status} and:\n{answer}"));
        }
        answer
    }

    /// Runs `command`, which must succeed and print exactly `expected`.
    #[track_caller]
    pub fn answers(&mut self, command: &str, expected: &str) {
        let answer = self.run(command);
        if answer != expected {
            self.session.fail(&format!("`{command}` printed\n{answer}\nnot\n{expected}"));
        }
    }

    /// Tells the guest to switch itself off and checks that the program ends well.
    #[track_caller]
    pub fn power_off(mut self, command: &str, within: Duration) {
        self.session.send(&format!("{command}\n"));
        self.session.ends_with(0, within);
    }

    /// The session below, for what a shell cannot say.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Gives the session back.
    pub fn leave(self) -> Session {
        self.session
    }
}

/// Line ends as on a file, and without the kernel's `[   12.345678] ...` lines.
fn clean(answer: &str) -> String {
    let text = answer.replace('\r', "");
    let lines = text.lines().filter(|line| !is_kernel_line(line));
    lines.collect::<Vec<_>>().join("\n").trim_end().to_string()
}

fn is_kernel_line(line: &str) -> bool {
    let Some((stamp, _)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) else { return false };
    let Some((seconds, fraction)) = stamp.trim_start().split_once('.') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(seconds) && digits(fraction) && fraction.len() == 6
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn kernel_lines_are_not_answers() {
        assert_eq!(clean("a\r\n[   12.345678] random: crng init done\r\n[1.5] b\r\n"), "a\n[1.5] b");
    }

    fn sh() -> Command {
        let mut command = Command::new("sh");
        command.arg("-i").env("PS1", "ready> ").env_remove("ENV");
        command
    }

    #[test]
    fn a_real_shell_on_a_terminal_gives_exact_answers() {
        let seconds = Duration::from_secs(20);
        let mut shell = Shell::enter(Session::on_terminal(&sh()), "ready> ", seconds, seconds);
        shell.answers("echo one; echo two", "one\ntwo");
        shell.answers("printf 'no line end'", "no line end");
        assert_eq!(shell.run_status("false"), (String::new(), 1));
        shell.answers("tty | cut -c 1-9", "/dev/pts/");
        let mut session = shell.leave();
        session.send("exit\nexit 3\n");
        session.ends_with(3, seconds);
    }

    #[test]
    fn a_real_shell_on_pipes_gives_exact_answers() {
        let seconds = Duration::from_secs(20);
        let mut shell = Shell::take(Session::on_pipes(&Command::new("sh")), seconds);
        shell.answers("echo one; echo two >&2", "one\ntwo");
        let mut session = shell.leave();
        session.close_input();
        session.ends_with(0, seconds);
    }
}
