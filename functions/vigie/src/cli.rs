//! The command line, as users and their tools rely on it (docs/cli.md).

mod catch_up;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use vigie_domain::SourceId;

use crate::captures::ASKED_FOR_MAX;

pub(crate) use catch_up::{Import, Reconcile};

/// A lookout for brands: reviews come in, the right people hear of them, none is left unanswered.
#[derive(Debug, Parser)]
#[command(name = "vigie", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start everything on a temporary store and play every platform
    Demo(Demo),
    /// Run the one-process home
    Serve(Serve),
    /// Show every fault of the configuration at once
    Check(Check),
    /// Make the store's brands and sources those of the files
    Apply(Apply),
    /// Record reviews out of a file: the past, or a platform without webhooks
    Import(Import),
    /// Find reviews whose webhook never came, in the lists that platforms have
    Reconcile(Reconcile),
    /// Play a platform: sign a sample or a file, and post it
    Send(Send),
    /// Have the running server keep a source's next refused requests
    Capture(Capture),
    /// Say why a webhook verifies or not
    Doctor(Doctor),
    /// Print a report
    #[command(subcommand)]
    Report(Report),
    /// Say why a notice was made, or was not
    Explain(Explain),
    /// List notices, and events that could not be mapped
    Notices(Notices),
    /// Send a dead or held notice again, or map a rejected event again
    Redrive(Redrive),
    /// Record that a review was answered
    Answered(Answered),
    /// Close a review without an answer
    Close(Close),
    /// Take a review and its copy on another source apart
    Split(Split),
    /// Copy the store to a file while the server runs
    Backup(Backup),
    /// List the platforms that Vigie knows
    Platforms(Platforms),
    /// Show each source's address, where to paste it, and how it is
    Sources(Sources),
    /// Say how Vigie itself is, and what needs a person
    Status(Status),
    /// Erase a review, or all that an author wrote on a source
    Erase(Erase),
    /// Move everything to the other home, beside a running server
    Migrate(Migrate),
    /// Say what Vigie understands of a text, or of a file of reviews
    Assess(Assess),
}

/// `vigie assess`
#[derive(Debug, Args)]
pub(crate) struct Assess {
    /// A text; or JSON Lines, where its name ends in .jsonl or is "-"
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The text's rating, if known
    #[arg(long)]
    pub(crate) rating: Option<String>,
    /// The best rating there is
    #[arg(long, default_value = "5")]
    pub(crate) scale: String,
    #[command(flatten)]
    pub(crate) output: Json,
}

/// Where the configuration is.
#[derive(Debug, Args)]
pub(crate) struct Config {
    /// The configuration file
    #[arg(long, value_name = "FILE", default_value = "vigie.toml")]
    pub(crate) config: PathBuf,
}

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoreKind {
    /// The file in the data folder
    Sqlite,
    /// The table on AWS, of the stack that the file names
    Aws,
}

/// The configuration and the store it names.
#[derive(Debug, Args)]
pub(crate) struct Stored {
    #[command(flatten)]
    pub(crate) config: Config,
    /// Which store
    #[arg(long, value_enum, default_value = "sqlite")]
    pub(crate) store: StoreKind,
}

/// How to answer.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Json {
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `vigie platforms`
#[derive(Debug, Args)]
pub(crate) struct Platforms {
    #[command(flatten)]
    pub(crate) output: Json,
    /// Print this preset's file, to copy and change
    #[arg(long, value_name = "ID", conflicts_with = "json")]
    pub(crate) show: Option<String>,
}

/// `vigie demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where to listen; a free port if left out
    #[arg(long, default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Where to leave the mails
    #[arg(long, value_name = "FOLDER", default_value = "vigie-demo")]
    pub(crate) out: PathBuf,
    /// Stop when all is delivered, instead of serving until Ctrl-C
    #[arg(long)]
    pub(crate) exit: bool,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// How to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// JSON unless standard error is a terminal
    Auto,
    /// One JSON object a line
    Json,
    /// For people
    Human,
}

/// `vigie serve`
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) stored: Stored,
    /// How to log, to standard error
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) log: LogFormat,
    /// How much to log: error, warn, info, debug, or a filter such as vigie_app=debug
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub(crate) log_level: String,
}

/// `vigie check`
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) stored: Stored,
    #[command(flatten)]
    pub(crate) json: Json,
    /// Try what the file names too: mail, disk, server, address, clock
    #[arg(long)]
    pub(crate) live: bool,
    /// Send a sample in each language to this address
    #[arg(long, value_name = "ADDRESS", requires = "live")]
    pub(crate) mail_to: Option<String>,
}

/// `vigie apply`
#[derive(Debug, Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    pub(crate) stored: Stored,
    #[command(flatten)]
    pub(crate) json: Json,
    /// Only print the difference; exit 1 if there is one
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// With --store aws: have AWS keep the secrets that the files name, for the functions to read
    #[arg(long)]
    pub(crate) put_secrets: bool,
}

/// Whose signature: a source of the configuration, or a preset and a secret.
#[derive(Debug, Args)]
pub(crate) struct Signer {
    #[command(flatten)]
    pub(crate) config: Config,
    /// A source of the configuration
    #[arg(long, value_name = "ID", conflicts_with_all = ["preset", "secret"])]
    pub(crate) source: Option<String>,
    /// A preset's id, or a path to a preset file
    #[arg(long, value_name = "NAME", requires = "secret", required_unless_present = "source")]
    pub(crate) preset: Option<String>,
    /// Where the secret is: env:NAME, file:PATH, ssm:NAME or secretsmanager:NAME
    #[arg(long, value_name = "REF", requires = "preset")]
    pub(crate) secret: Vec<String>,
}

/// `vigie send`
#[derive(Debug, Args)]
pub(crate) struct Send {
    #[command(flatten)]
    pub(crate) signer: Signer,
    /// Where to post: a server's address, to which /hooks/SOURCE is added, or the whole address
    #[arg(long)]
    pub(crate) url: String,
    /// A sample of the preset, by name; the first if left out
    #[arg(long, value_name = "NAME", conflicts_with = "body")]
    pub(crate) sample: Option<String>,
    /// A body to sign and post
    #[arg(long, value_name = "FILE")]
    pub(crate) body: Option<PathBuf>,
    /// Send so many, one after the other: every sample in turn, each round of them new reviews
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) count: Option<u32>,
    /// Send so many a second, several at a time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rate: Option<u32>,
    /// Send each twice
    #[arg(long)]
    pub(crate) duplicates: bool,
    /// Send them in any order, several at a time
    #[arg(long)]
    pub(crate) shuffle: bool,
    /// Beside each, send one that was signed ten minutes ago
    #[arg(long)]
    pub(crate) late: bool,
    /// Beside each, send one whose proof is not right
    #[arg(long)]
    pub(crate) forged: bool,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// `vigie capture`
#[derive(Debug, Args)]
pub(crate) struct Capture {
    #[command(flatten)]
    pub(crate) stored: Stored,
    /// Whose requests
    #[arg(long, value_name = "ID")]
    pub(crate) source: String,
    /// For how long, at most 24h
    #[arg(long = "for", value_name = "TIME", default_value = "15m", value_parser = lasts)]
    pub(crate) lasts: SignedDuration,
    #[command(flatten)]
    pub(crate) json: Json,
}

fn lasts(text: &str) -> Result<SignedDuration, String> {
    let range = SignedDuration::from_secs(1)..=ASKED_FOR_MAX;
    let lasts = text.parse().ok().filter(|lasts| range.contains(lasts));
    lasts.ok_or_else(|| "write a time such as 90s, 15m or 2h, 24h at most".to_owned())
}

/// `vigie doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) signer: Signer,
    /// The headers that arrived, one `Name: value` a line. A request line may stand first
    /// (`POST /hooks/x/TOKEN HTTP/1.1`): a token in its address is then judged too
    #[arg(long, value_name = "FILE", requires = "body", required_unless_present = "captured")]
    pub(crate) headers: Option<PathBuf>,
    /// The body that arrived, byte for byte
    #[arg(long, value_name = "FILE", requires = "headers")]
    pub(crate) body: Option<PathBuf>,
    /// The time of receipt; if left out, that of the kept request, else now
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
    /// A request that the server kept (`vigie capture`): its id, or last for the newest
    #[arg(long, value_name = "REQUEST", conflicts_with_all = ["headers", "body"])]
    pub(crate) captured: Option<String>,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// `vigie report …`
#[derive(Debug, Subcommand)]
pub(crate) enum Report {
    /// The reviews that nobody has answered, as the report of a moment shows them
    Unanswered(Unanswered),
}

/// `vigie report unanswered`
#[derive(Debug, Args)]
pub(crate) struct Unanswered {
    #[command(flatten)]
    pub(crate) stored: Stored,
    /// Only this brand
    #[arg(long, value_name = "ID")]
    pub(crate) brand: Option<String>,
    /// The moment, in RFC 3339; now if left out
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// `vigie explain`
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// SOURCE/EXTERNAL_ID, or the short number that mails show
    pub(crate) review: String,
    #[command(flatten)]
    pub(crate) stored: Stored,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// `vigie notices`
#[derive(Debug, Args)]
pub(crate) struct Notices {
    #[command(flatten)]
    pub(crate) stored: Stored,
    /// Only in this state: pending, held, sending, sent, dead, cancelled
    #[arg(long)]
    pub(crate) state: Option<String>,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// `vigie sources`
#[derive(Debug, Args)]
pub(crate) struct Sources {
    #[command(flatten)]
    pub(crate) stored: Stored,
    /// Only this brand
    #[arg(long, value_name = "ID")]
    pub(crate) brand: Option<String>,
    /// Show the tokens that addresses hold: whoever has one can post
    #[arg(long)]
    pub(crate) show_token: bool,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// `vigie status`
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) stored: Stored,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// `vigie redrive`
#[derive(Debug, Args)]
pub(crate) struct Redrive {
    /// The notice's or the event's id
    #[arg(required_unless_present = "held", conflicts_with = "held")]
    pub(crate) id: Option<String>,
    /// Send everything that a restored backup holds
    #[arg(long)]
    pub(crate) held: bool,
    /// Cancel what is held instead of sending it
    #[arg(long, requires = "held")]
    pub(crate) drop: bool,
    #[command(flatten)]
    pub(crate) stored: Stored,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// `vigie erase`
#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// SOURCE/EXTERNAL_ID, or the short number that mails show
    #[arg(required_unless_present = "author", conflicts_with_all = ["author", "source"])]
    pub(crate) review: Option<String>,
    /// The author's name, as the platform tells it; case does not matter
    #[arg(long, value_name = "NAME", requires = "source")]
    pub(crate) author: Option<String>,
    /// The source that the author wrote on
    #[arg(long, value_name = "ID", requires = "author")]
    pub(crate) source: Option<SourceId>,
    /// Only say what would go
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) stored: Stored,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// `vigie backup`
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to make; one that is there is left as it is
    #[arg(value_name = "FILE")]
    pub(crate) to: PathBuf,
    #[command(flatten)]
    pub(crate) stored: Stored,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// `vigie answered`
#[derive(Debug, Args)]
pub(crate) struct Answered {
    /// SOURCE/EXTERNAL_ID, or the short number that mails show
    pub(crate) review: String,
    #[command(flatten)]
    pub(crate) stored: Stored,
    /// When it was answered; now if left out
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
    /// Who answered
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// `vigie close`
#[derive(Debug, Args)]
pub(crate) struct Close {
    /// SOURCE/EXTERNAL_ID, or the short number that mails show
    pub(crate) review: String,
    /// Why it gets no answer
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) stored: Stored,
    /// Who closed it
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// `vigie split`
#[derive(Debug, Args)]
pub(crate) struct Split {
    /// SOURCE/EXTERNAL_ID, or the short number that mails show: of the copy
    pub(crate) review: String,
    #[command(flatten)]
    pub(crate) stored: Stored,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// `vigie migrate`
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    pub(crate) config: Config,
    /// The old home
    #[arg(long, value_enum)]
    pub(crate) from: StoreKind,
    /// The new home
    #[arg(long, value_enum)]
    pub(crate) to: StoreKind,
    /// Where the old home hands webhooks and links on to; the stack's own address if left out
    #[arg(long, value_name = "URL")]
    pub(crate) relay_to: Option<String>,
    /// From AWS: how long calls of functions that are under way may take
    #[arg(long, value_name = "TIME", default_value = "95s", value_parser = wait)]
    pub(crate) wait: SignedDuration,
    #[command(flatten)]
    pub(crate) json: Json,
}

fn wait(text: &str) -> Result<SignedDuration, String> {
    let range = SignedDuration::from_secs(6)..=SignedDuration::from_mins(9);
    let wait = text.parse().ok().filter(|wait| range.contains(wait));
    wait.ok_or_else(|| "write a time such as 95s, at least 6s and at most 9m".to_owned())
}
