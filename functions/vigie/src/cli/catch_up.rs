//! Reviews that come by no webhook: `vigie import`, `vigie reconcile`.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use vigie_rows::Column;

use super::{Json, Stored};

/// `vigie import`
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// CSV whose first line names the columns, or JSON Lines; - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The source that the reviews are of
    #[arg(long, value_name = "ID")]
    pub(crate) source: String,
    /// What a field's column is called, where that is not clear; again for each
    #[arg(long, value_name = "FIELD=COLUMN")]
    pub(crate) column: Vec<Column>,
    /// The best rating there is, where no column says it
    #[arg(long, value_name = "N", default_value = "5")]
    pub(crate) scale: String,
    /// How dates are written, such as %d/%m/%Y %H:%M; RFC 3339 and what is near if left out
    #[arg(long, value_name = "FORM")]
    pub(crate) dates: Option<String>,
    /// The file's encoding, such as windows-1252; UTF-8, or as its first bytes say, if left out
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
    /// What stands between two fields; what the first line shows if left out
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// Begin at this line: where an import was stopped
    #[arg(long, value_name = "LINE", default_value = "1")]
    pub(crate) from_line: u64,
    /// Tell people of these reviews as if they had come by webhook
    #[arg(long)]
    pub(crate) alert: bool,
    /// Close what was published before and never answered
    #[arg(long, value_name = "TIME")]
    pub(crate) close_before: Option<Timestamp>,
    /// Only read the file, and say what is in it
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) stored: Stored,
    #[command(flatten)]
    pub(crate) json: Json,
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [one] if one.is_ascii_graphic() && !one.is_ascii_alphanumeric() && *one != b'"' => Ok(*one),
        _ => Err("write one sign such as , ; or |, or tab".to_owned()),
    }
}

/// `vigie reconcile`
#[derive(Debug, Args)]
pub(crate) struct Reconcile {
    /// Only this source; all that can be asked if left out
    #[arg(long, value_name = "ID")]
    pub(crate) source: Option<String>,
    /// How far back, in RFC 3339; 30 days if left out
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) stored: Stored,
    #[command(flatten)]
    pub(crate) json: Json,
}
