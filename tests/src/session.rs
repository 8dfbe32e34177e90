//! One running program and the conversation with it.
//!
//! A thread collects everything the program prints; `expect` searches what came since the last match. Failures
//! panic, since only tests call this, and carry the whole console log.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use rustix::process::Pid;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

/// How long the reader may still find output after the program has ended.
const DRAIN: Duration = Duration::from_millis(300);

/// A program under test, its input, and everything it printed.
pub struct Session {
    child: Child,
    name: String,
    input: Option<File>,
    output: Arc<Output>,
    /// The program's side of the terminal, held so that its settings outlive the program.
    terminal: Option<Terminal>,
    /// Everything before this offset has been matched already.
    seen: usize,
    ended: Option<ExitStatus>,
}

/// The terminal a session runs on.
pub struct Terminal {
    slave: OwnedFd,
}

#[derive(Default)]
struct Output {
    text: Mutex<Vec<u8>>,
    more: Condvar,
}

impl Session {
    /// Starts `command` on a new terminal of 24 lines and 80 columns, as its controlling terminal.
    #[track_caller]
    pub fn on_terminal(command: &Command) -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("open a pty");
        grantpt(&master).expect("grant the pty");
        unlockpt(&master).expect("unlock the pty");
        let path = ptsname(&master, Vec::new()).expect("name the pty");
        let path = Path::new(path.to_str().expect("a pty has a plain name")).to_path_buf();
        let open = || File::options().read(true).write(true).open(&path).expect("open the pty's other side");
        let slave = open();
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&slave, size).expect("set the terminal's size");
        // setsid(1) execs in place, so the process id is the program's own.
        let mut started = Command::new("setsid");
        started.arg("--ctty").arg(command.get_program()).args(command.get_args());
        copy_surroundings(command, &mut started);
        started.stdin(open()).stdout(open()).stderr(open());
        let master = File::from(master);
        let input = master.try_clone().expect("clone the pty");
        Self::start(
            started,
            spelled(command),
            Some(input),
            Some(master),
            Some(Terminal { slave: slave.into() }),
        )
    }

    /// Starts `command` with pipes: no terminal anywhere, standard error in the same log.
    #[track_caller]
    pub fn on_pipes(command: &Command) -> Self {
        let (reader, writer) = std::io::pipe().expect("make a pipe");
        let mut started = Command::new("setsid");
        started.arg(command.get_program()).args(command.get_args());
        copy_surroundings(command, &mut started);
        started.stdin(Stdio::piped()).stderr(writer.try_clone().expect("clone a pipe")).stdout(writer);
        Self::start(started, spelled(command), None, Some(File::from(OwnedFd::from(reader))), None)
    }

    #[track_caller]
    fn start(
        mut command: Command,
        name: String,
        input: Option<File>,
        output: Option<File>,
        terminal: Option<Terminal>,
    ) -> Self {
        let mut child = command.spawn().unwrap_or_else(|why| panic!("cannot start {name}: {why}"));
        // The child's ends of the pipes must close with the child.
        drop(command);
        let input = input.or_else(|| child.stdin.take().map(|stdin| File::from(OwnedFd::from(stdin))));
        let collected = Arc::new(Output::default());
        if let Some(source) = output {
            let sink = Arc::clone(&collected);
            std::thread::spawn(move || collect(source, &sink));
        }
        Self { child, name, input, output: collected, terminal, seen: 0, ended: None }
    }

    /// Waits until `needle` appears in what was printed since the last match; returns what came before it.
    #[track_caller]
    pub fn expect(&mut self, needle: &str, within: Duration) -> String {
        self.expect_one(&[needle], within).1
    }

    /// Waits for the first of several texts; returns its index and what came before it.
    #[track_caller]
    pub fn expect_one(&mut self, needles: &[&str], within: Duration) -> (usize, String) {
        let start = Instant::now();
        let mut drained = None;
        loop {
            if let Some(found) = self.search(needles) {
                return found;
            }
            if self.poll().is_some() && drained.get_or_insert_with(Instant::now).elapsed() > DRAIN {
                self.fail(&format!(
                    "ended ({}) before it printed {needles:?}",
                    self.ended.unwrap_or_default()
                ));
            }
            if start.elapsed() > within {
                self.fail(&format!("did not print {needles:?} within {} s", within.as_secs()));
            }
            let text = self.output.text.lock().expect("the reader does not panic");
            let nap = Duration::from_millis(50);
            drop(self.output.more.wait_timeout(text, nap).expect("the reader does not panic"));
        }
    }

    fn search(&mut self, needles: &[&str]) -> Option<(usize, String)> {
        let text = self.output.text.lock().expect("the reader does not panic");
        let fresh = &text[self.seen..];
        let position =
            |needle: &str| fresh.windows(needle.len().max(1)).position(|part| part == needle.as_bytes());
        let hits = needles.iter().enumerate().filter_map(|(index, needle)| Some((position(needle)?, index)));
        let (at, index) = hits.min()?;
        let before = String::from_utf8_lossy(&fresh[..at]).into_owned();
        self.seen += at + needles[index].len();
        Some((index, before))
    }

    /// Types `text` as it is.
    #[track_caller]
    pub fn send(&mut self, text: &str) {
        let Some(input) = self.input.as_mut() else { panic!("the input of {} is closed", self.name) };
        if let Err(why) = input.write_all(text.as_bytes()).and_then(|()| input.flush()) {
            self.fail(&format!("does not take input: {why}"));
        }
    }

    /// Closes the program's standard input (pipes only; a terminal stays open).
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Waits for the program's end.
    #[track_caller]
    pub fn wait(&mut self, within: Duration) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.poll() {
                std::thread::sleep(DRAIN);
                return status;
            }
            if start.elapsed() > within {
                self.fail(&format!("did not end within {} s", within.as_secs()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the program's end and checks its exit code; a signal is never the right end.
    #[track_caller]
    pub fn ends_with(&mut self, code: i32, within: Duration) {
        let status = self.wait(within);
        if status.code() != Some(code) {
            let signal = status.signal().map_or(String::new(), |number| format!(", signal {number}"));
            self.fail(&format!("ended with {:?}{signal}, not {code}", status.code()));
        }
    }

    /// The exit status if the program has ended.
    pub fn poll(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("wait for our own child");
        }
        self.ended
    }

    /// Everything printed so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&self.output.text.lock().expect("the reader does not panic")).into_owned()
    }

    /// The program's process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks the program to end (SIGTERM).
    #[track_caller]
    pub fn terminate(&self) {
        let id = Pid::from_raw(self.id().cast_signed()).expect("a child has an id");
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("signal our own child");
    }

    /// Processor time the program has used so far, user and system together.
    pub fn cpu_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
        // Fields count from behind the name, which may hold anything: proc(5), utime is the 14th, stime the 15th.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: u64 = fields.iter().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second())
    }

    /// The settings of the terminal this session runs on.
    #[track_caller]
    pub fn terminal_settings(&self) -> Termios {
        let terminal = self.terminal.as_ref().expect("this session runs on a terminal");
        tcgetattr(&terminal.slave).expect("read the terminal's settings")
    }

    /// Fails the test with `why` and the whole console.
    #[track_caller]
    pub fn fail(&self, why: &str) -> ! {
        panic!("{}\n  {why}\n---- console ----\n{}\n---- end of console ----", self.name, self.log());
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.poll().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn collect(mut source: File, sink: &Output) {
    let mut part = [0; 4096];
    // A terminal reports an error, not an end, when its last user is gone.
    while let Ok(count @ 1..) = source.read(&mut part) {
        sink.text.lock().expect("no holder panics").extend_from_slice(&part[..count]);
        sink.more.notify_all();
    }
}

fn copy_surroundings(from: &Command, to: &mut Command) {
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
    if let Some(dir) = from.get_current_dir() {
        to.current_dir(dir);
    }
}

fn spelled(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
