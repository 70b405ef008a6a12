//! One warm parent, seen from the host.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use milepost_codeexec::{Captured, Usage, Value};
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType};
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions};

use crate::error::Step;
use crate::plan::Plan;
use crate::death::{self, Death};
use crate::{JailError, Level, Limits, Report, codec, sys};

/// How long the interpreter may take to start, and the warm parent to answer after the wall limit.
const GRACE: Duration = Duration::from_secs(10);
/// `MAGIC`, job, length.
const FRAME_BYTES: usize = 24;
const MAGIC: &[u8; 8] = b"MILEPOST";

/// What one test is: nothing in here says what it should return.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) source: &'a str,
    pub(crate) entry: &'a str,
    pub(crate) arguments: &'a [Value],
    pub(crate) stdin: &'a str,
    pub(crate) limits: &'a Limits,
}

/// Why a job has no report.
pub(crate) enum Lost {
    /// The program never ran; it may be tried again.
    NotStarted(String),
    /// It may have run.
    Broken(String),
}

/// A confined interpreter that waits for jobs. Dies with this value, and with the host.
#[derive(Debug)]
pub(crate) struct Worker {
    control: UnixStream,
    jobs: OwnedFd,
    process: Started,
    keeper: Option<JoinHandle<()>>,
    number: u64,
}

/// The warm parent's process.
#[derive(Debug)]
struct Started {
    pid: Pid,
    handle: OwnedFd,
}

impl Worker {
    /// Starts a warm parent and waits until it is ready.
    pub(crate) fn start(plan: Arc<Plan>, level: Level) -> Result<Self, JailError> {
        let (control, theirs) = UnixStream::pair()?;
        let (jobs, their_jobs) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )
        .map_err(std::io::Error::from)?;
        let errors = File::from(memory("errors")?);
        let (send, receive) = sync_channel(1);
        let end = Ends { control: theirs.into(), jobs: their_jobs, errors: errors.try_clone()?.into() };
        let keeper = std::thread::Builder::new().name("milepost-jail".into()).spawn(move || {
            match launch(&plan, end, level) {
                Ok((started, pid)) => {
                    let _ = send.send(Ok(started));
                    // The kernel kills the warm parent when this thread ends, so it stays until then.
                    reap(pid);
                }
                Err(error) => drop(send.send(Err(error))),
            }
        })?;
        let process = received(&receive)??;
        let mut worker = Self { control, jobs, process, keeper: Some(keeper), number: 0 };
        worker.greet(&errors)?;
        Ok(worker)
    }

    fn greet(&mut self, errors: &File) -> Result<(), JailError> {
        self.control.set_read_timeout(Some(GRACE))?;
        let mut hello = [0; 4];
        match self.control.read_exact(&mut hello) {
            Ok(()) if &hello == b"warm" => Ok(()),
            outcome => {
                let said = String::from_utf8_lossy(&beginning(errors, 64 << 10)).trim().to_owned();
                let last = said.lines().last().unwrap_or("it said nothing");
                Err(JailError::Start(outcome.err().map_or(last.to_owned(), |error| format!("{last} ({error})"))))
            }
        }
    }

    /// The warm parent's process id in the host's namespace.
    pub(crate) fn pid(&self) -> i32 {
        self.process.pid.as_raw_nonzero().get()
    }

    /// Runs one test in a fork of its own.
    pub(crate) fn run(&mut self, job: &Job) -> Result<Report, Lost> {
        self.number += 1;
        let not_started = |what: &str, error: std::io::Error| Lost::NotStarted(format!("{what}: {error}"));
        let files = Files::new(job).map_err(|error| not_started("the job's files", error))?;
        self.send(&files, job.limits).map_err(|error| not_started("sending the job", error))?;
        let death = self.order(job.limits.wall);
        let ready = self.ready();
        match death {
            Err(why) if ready => Err(Lost::Broken(why)),
            Err(why) => Err(Lost::NotStarted(why)),
            Ok(_) if !ready => Err(Lost::NotStarted("the child died before it was sealed".into())),
            Ok(told) => Ok(files.report(self.number, &told, job.limits)),
        }
    }

    /// The job's numbers and descriptors, for the next child alone.
    fn send(&self, files: &Files, limits: &Limits) -> std::io::Result<()> {
        let seconds = limits.cpu.as_secs() + u64::from(limits.cpu.subsec_nanos() > 0);
        let numbers = [
            self.number,
            limits.address_space,
            seconds.max(1),
            limits.output,
            files.capacity,
            limits.result_depth,
            limits.result_nodes,
            limits.integer_bits,
        ];
        let header: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let descriptors = [&files.job, &files.stdin, &files.result, &files.stdout, &files.stderr].map(AsFd::as_fd);
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(5))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
        let data = [std::io::IoSlice::new(&header)];
        rustix::net::sendmsg(&self.jobs, &data, &mut ancillary, SendFlags::NOSIGNAL | SendFlags::DONTWAIT)?;
        Ok(())
    }

    /// Has the warm parent fork, and waits for what the kernel says of the child.
    fn order(&mut self, wall: Duration) -> Result<Told, String> {
        let milliseconds = u32::try_from(wall.as_millis()).unwrap_or(u32::MAX).max(1);
        let mut order = self.number.to_le_bytes().to_vec();
        order.extend(milliseconds.to_le_bytes());
        let mut bytes = [0; 40];
        self.control
            .set_read_timeout(Some(wall.saturating_add(GRACE)))
            .and_then(|()| self.control.write_all(&order))
            .and_then(|()| self.control.read_exact(&mut bytes))
            .map_err(|error| format!("the warm parent does not answer: {error}"))?;
        let told = Told::read(&bytes);
        if told.job != self.number {
            return Err(format!("the warm parent reports on job {}, not {}", told.job, self.number));
        }
        if told.death.status == -1 {
            return Err("the warm parent cannot fork".into());
        }
        Ok(told)
    }

    /// Whether the child said that it is sealed. It says so before the program is loaded and can say nothing later.
    fn ready(&self) -> bool {
        let mut word = [0; 1];
        let read = rustix::net::recv(&self.jobs, &mut word, RecvFlags::DONTWAIT);
        matches!(read, Ok((1, _))) && &word == b"r"
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It holds nothing that could be lost; with it dies its process namespace, or, without one, its child.
        let _ = rustix::process::pidfd_send_signal(&self.process.handle, Signal::KILL);
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
    }
}

/// The descriptors that go to the warm parent; closed in the host once it is launched.
struct Ends {
    control: OwnedFd,
    jobs: OwnedFd,
    errors: OwnedFd,
}

fn received<T>(channel: &Receiver<T>) -> Result<T, JailError> {
    channel.recv().map_err(|_| JailError::Start("the launching thread ended".into()))
}

/// Launches the warm parent and follows it until it is the interpreter.
fn launch(plan: &Plan, ends: Ends, level: Level) -> Result<(Started, Pid), JailError> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    let host = rustix::process::pidfd_open(rustix::process::getpid(), PidfdFlags::empty())
        .map_err(std::io::Error::from)?;
    let (mut progress, theirs) = std::io::pipe()?;
    let descriptors = sys::Descriptors {
        null: null.as_fd(),
        errors: ends.errors.as_fd(),
        control: ends.control.as_fd(),
        jobs: ends.jobs.as_fd(),
        progress: theirs.as_fd(),
        host: host.as_fd(),
    };
    let launcher = sys::launch(plan, &descriptors)?;
    drop((theirs, ends));
    let mut bytes = Vec::new();
    let read = progress.read_to_end(&mut bytes);
    Pid::from_raw(launcher).into_iter().for_each(reap);
    let mut child = None;
    let mut failure = read.err().map(JailError::from);
    for pair in bytes.chunks_exact(8) {
        let number = |at: usize| i32::from_ne_bytes([pair[at], pair[at + 1], pair[at + 2], pair[at + 3]]);
        match Step::ALL.into_iter().find(|step| *step as i32 == number(0)) {
            None => child = Pid::from_raw(number(4)),
            Some(step) => {
                let source = std::io::Error::from_raw_os_error(number(4));
                failure = Some(JailError::Layer { level, step, source });
            }
        }
    }
    match (child, failure) {
        (Some(pid), None) => {
            let handle = rustix::process::pidfd_open(pid, PidfdFlags::empty()).map_err(std::io::Error::from)?;
            Ok((Started { pid, handle }, pid))
        }
        (child, failure) => {
            child.into_iter().for_each(reap);
            Err(failure.unwrap_or_else(|| JailError::Start("the launcher died".into())))
        }
    }
}

/// Waits for the end of a child. If the host ignores `SIGCHLD`, the kernel has done so.
fn reap(pid: Pid) {
    while matches!(rustix::process::waitpid(Some(pid), WaitOptions::empty()), Err(Errno::INTR)) {}
}

/// The 40 bytes of the warm parent.
struct Told {
    job: u64,
    death: Death,
    wall: Duration,
    peak_bytes: u64,
}

impl Told {
    fn read(bytes: &[u8; 40]) -> Self {
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(word)
        };
        let (pair, cpu) = (word(8), Duration::from_micros(word(16)));
        let death = Death { status: pair as i32, timed_out: pair >> 32 != 0, cpu };
        Self { job: word(0), death, wall: Duration::from_micros(word(24)), peak_bytes: word(32) }
    }
}

/// Anonymous files of one job. No other job ever sees them.
struct Files {
    job: File,
    stdin: File,
    result: File,
    stdout: File,
    stderr: File,
    capacity: u64,
}

impl Files {
    fn new(job: &Job) -> std::io::Result<Self> {
        let mut body = Vec::with_capacity(job.source.len() + 64);
        codec::put_bytes(job.source.as_bytes(), &mut body);
        codec::put_bytes(job.entry.as_bytes(), &mut body);
        codec::put_tuple(job.arguments, &mut body);
        let capacity = job.limits.result_bytes + FRAME_BYTES as u64;
        let result = File::from(memory("result")?);
        result.set_len(capacity)?;
        Ok(Self {
            job: sealed("job", &body)?,
            stdin: sealed("stdin", job.stdin.as_bytes())?,
            result,
            stdout: memory("stdout")?.into(),
            stderr: memory("stderr")?.into(),
            capacity,
        })
    }

    /// What came of the job. The child is dead; what it left is untrusted.
    fn report(&self, number: u64, told: &Told, limits: &Limits) -> Report {
        let (stdout, stderr) = (captured(&self.stdout, limits), captured(&self.stderr, limits));
        let flooded = stdout.bytes.max(stderr.bytes) >= limits.output;
        let frame = self.frame(number);
        let ending = death::ending(told.death, limits, flooded, frame.as_deref());
        let cpu = Some(told.death.cpu).filter(|cpu| *cpu > Duration::ZERO);
        let peak_bytes = Some(told.peak_bytes).filter(|bytes| *bytes > 0);
        Report { ending, usage: Usage { fuel: None, cpu, peak_bytes, stdout, stderr }, wall: told.wall }
    }

    /// The complete frame for this job, if there is one.
    fn frame(&self, number: u64) -> Option<Vec<u8>> {
        let mut header = [0; FRAME_BYTES];
        self.result.read_exact_at(&mut header, 0).ok()?;
        let (magic, rest) = header.split_first_chunk::<8>()?;
        let (job, length) = rest.split_first_chunk::<8>()?;
        let length = u64::from_le_bytes(length.try_into().ok()?);
        let fits = length <= self.capacity - FRAME_BYTES as u64;
        if magic != MAGIC || u64::from_le_bytes(*job) != number || !fits {
            return None;
        }
        let mut payload = vec![0; length as usize];
        self.result.read_exact_at(&mut payload, FRAME_BYTES as u64).ok()?;
        Some(payload)
    }
}

fn captured(file: &File, limits: &Limits) -> Captured {
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    let text = String::from_utf8_lossy(&beginning(file, limits.output)).into();
    Captured { text, bytes }
}

/// At most so many bytes, from the start, wherever the offset is.
fn beginning(file: &File, most: u64) -> Vec<u8> {
    let length = file.metadata().map_or(0, |metadata| metadata.len()).min(most);
    let mut bytes = vec![0; length as usize];
    let read = file.read_at(&mut bytes, 0).unwrap_or(0);
    bytes.truncate(read);
    bytes
}

fn memory(name: &str) -> std::io::Result<OwnedFd> {
    Ok(rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?)
}

/// A file that nobody can write again.
fn sealed(name: &str, content: &[u8]) -> std::io::Result<File> {
    let file = File::from(memory(name)?);
    file.write_all_at(content, 0)?;
    rustix::fs::fcntl_add_seals(
        &file,
        SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL,
    )?;
    Ok(file)
}
