//! Which programs of guests/bench are measured, how long they are made, and in what machine. A flat table; knows
//! nothing of running them.

/// Programs whose ratios are averaged and held against one bar.
pub struct Group {
    /// As given on the command line.
    pub name: &'static str,
    /// What its programs have in common.
    pub what: &'static str,
    /// QEMU's CPU seconds over lodge's, geometric mean; none where the figures are only shown.
    pub bar: Option<f64>,
    /// Lodge's CPU seconds over the host's own, geometric mean, and whether the host runs the programs at all.
    pub metal: Metal,
    /// One boot of each contender for each of these.
    pub boots: &'static [Boot],
}

/// What the host running the same source means for a group.
#[derive(Clone, Copy, PartialEq)]
pub enum Metal {
    /// Not run on the host.
    No,
    /// Run and shown.
    Shown,
    /// lodge may take at most this many times the host's own time.
    Bar(f64),
}

/// A machine and what it runs.
pub struct Boot {
    /// Harts.
    pub cpus: u32,
    /// MiB.
    pub memory: u32,
    /// Whether QEMU is asked for the vector extension.
    pub vector: bool,
    /// In this order.
    pub programs: &'static [Program],
}

/// A row: one program with its size.
pub struct Program {
    /// As printed; unique.
    pub name: &'static str,
    /// File in guests/bench, without `.c`. An assembler file `.S` of the same name belongs to it.
    pub source: &'static str,
    /// Compiler options of its own.
    pub flags: &'static [&'static str],
    /// Its argument: a second or a few under QEMU, long enough for lodge that its clocks tell.
    pub size: u32,
}

const fn plain(name: &'static str, size: u32) -> Program {
    Program { name, source: name, flags: &[], size }
}

const fn vector(name: &'static str, kernel: &'static [&'static str], size: u32) -> Program {
    Program { name, source: "vector", flags: kernel, size }
}

const fn one_hart(memory: u32, programs: &'static [Program]) -> Boot {
    Boot { cpus: 1, memory, vector: false, programs }
}

const fn parallel(cpus: u32, programs: &'static [Program]) -> Boot {
    Boot { cpus, memory: 512, vector: false, programs }
}

/// Every group, in the order printed.
pub const GROUPS: &[Group] = &[
    Group {
        name: "integer",
        what: "integer loops and branches",
        bar: Some(3.0),
        metal: Metal::Bar(2.2),
        boots: &[one_hart(
            512,
            &[
                plain("coremark-like", 8),
                plain("dhrystone-like", 10),
                plain("sort", 10),
                plain("lz", 20),
                plain("crc32", 10),
                plain("sha256", 4),
            ],
        )],
    },
    Group {
        name: "calls",
        what: "calls and indirect branches",
        bar: Some(6.0),
        metal: Metal::Shown,
        boots: &[one_hart(512, &[plain("fib", 24), plain("virtual", 8), plain("bytecode", 8)])],
    },
    Group {
        name: "float",
        what: "scalar floating point",
        bar: Some(10.0),
        metal: Metal::Bar(1.5),
        boots: &[one_hart(
            512,
            &[plain("matmul", 36), plain("nbody", 24), plain("mandelbrot", 60), plain("spectral", 72)],
        )],
    },
    Group {
        name: "vector",
        what: "vectors and strings, by the vector extension with VLEN 128",
        bar: Some(8.0),
        metal: Metal::No,
        boots: &[Boot {
            cpus: 1,
            memory: 512,
            vector: true,
            programs: &[
                vector("v-strlen", &["-DKERNEL=strlen"], 2),
                vector("v-strcmp", &["-DKERNEL=strcmp"], 1),
                vector("v-memcpy", &["-DKERNEL=memcpy"], 6),
                vector("v-memset", &["-DKERNEL=memset"], 15),
                vector("v-saxpy", &["-DKERNEL=saxpy"], 12),
                vector("v-dot", &["-DKERNEL=dot"], 16),
                vector("v-add", &["-DKERNEL=add"], 14),
                vector("v-compare", &["-DKERNEL=compare"], 12),
            ],
        }],
    },
    Group {
        name: "memory",
        what: "bound by memory",
        bar: Some(3.0),
        metal: Metal::Shown,
        boots: &[one_hart(
            2048,
            &[plain("chase", 10), plain("sieve", 20), plain("memcpy", 50), plain("random", 10)],
        )],
    },
    Group {
        name: "system",
        what: "the kernel at work",
        bar: Some(1.5),
        metal: Metal::No,
        boots: &[
            one_hart(
                512,
                &[plain("forkexec", 5), plain("pipe", 20), plain("syscall", 20), plain("fault", 10)],
            ),
            parallel(4, &[plain("locks", 40)]),
        ],
    },
    Group {
        name: "smc",
        what: "code made and changed while it runs",
        bar: Some(2.0),
        metal: Metal::No,
        boots: &[one_hart(
            512,
            &[
                Program { name: "patch-rare", source: "patch", flags: &["-DCALLS=1000"], size: 4 },
                Program { name: "patch-often", source: "patch", flags: &["-DCALLS=20"], size: 10 },
                Program {
                    name: "patch-between",
                    source: "patch",
                    flags: &["-DCALLS=20", "-DKINDS=2"],
                    size: 10,
                },
                plain("beside", 2),
                plain("fresh", 10),
            ],
        )],
    },
    Group {
        name: "growth",
        what: "what more harts and more code cost",
        bar: None,
        metal: Metal::No,
        boots: &[
            parallel(1, &[Program { name: "1-hart", source: "parallel", flags: &[], size: 200 }]),
            parallel(2, &[Program { name: "2-harts", source: "parallel", flags: &[], size: 200 }]),
            parallel(4, &[Program { name: "4-harts", source: "parallel", flags: &[], size: 200 }]),
            one_hart(
                512,
                &[
                    Program { name: "code-1x", source: "code", flags: &["-DTHOUSANDS=1"], size: 20 },
                    Program { name: "code-8x", source: "code", flags: &["-DTHOUSANDS=8"], size: 20 },
                ],
            ),
        ],
    },
];
