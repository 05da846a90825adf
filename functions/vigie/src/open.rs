//! Opening the store that a command names, with what is in force in it.

use vigie_api_http::HttpApi;
use vigie_app::App;
use vigie_domain::notice::NoticeId;
use vigie_machine::{SystemClock, SystemIds};
use vigie_mail_smtp::FileMail;
use vigie_ports::{StoreError, World};
use vigie_store_sqlite::Swept;

use crate::cli::{StoreKind, Stored};
use crate::home::{Home, open_store};
use crate::load::{CannotBegin, read_config, settings, store_trouble, stored_registry};
use crate::way::way;

/// Where commands work, beside what use cases ask of it.
pub(crate) trait Place: World {
    /// When a notice that waits is sent.
    const SENT: &'static str;
    /// Whether copies of what is erased are kept by the store itself.
    const KEEPS_THE_PAST: bool;

    /// Has notices sent soon. What cannot be told now is found by whoever watches.
    fn nudge(&self, notices: Vec<NoticeId>) -> impl Future<Output = ()> + Send;

    /// The folder that messages are written to, if they are.
    fn spool(&self) -> Option<&FileMail>;

    /// Clears what an erasure left in the store's files: whether nothing is left.
    fn sweep(&self) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

impl Place for Home {
    const SENT: &'static str =
        "A running server takes it within a second; else it goes out when one starts.";
    const KEEPS_THE_PAST: bool = false;

    async fn nudge(&self, _: Vec<NoticeId>) {
        // A running server asks the store each second.
    }

    fn spool(&self) -> Option<&FileMail> {
        self.mail.folder()
    }

    async fn sweep(&self) -> Result<bool, StoreError> {
        Ok(self.store.sweep().await? != Swept::LogInUse)
    }
}

/// The application on a store.
pub(crate) enum Opened {
    /// In a file.
    Here(App<Home>),
    /// In a table of AWS.
    #[cfg(feature = "aws")]
    OnAws(App<crate::cloud::Cloud>),
}

/// Does some work with the application on the store that a command names, whichever it is.
macro_rules! with_app {
    ($stored:expr, $app:ident => $work:expr) => {
        match $crate::open::open($stored).await? {
            $crate::open::Opened::Here($app) => $work,
            #[cfg(feature = "aws")]
            $crate::open::Opened::OnAws($app) => $work,
        }
    };
}
pub(crate) use with_app;

/// Opens the store that a command names: brands as last applied.
pub(crate) async fn open(stored: &Stored) -> Result<Opened, CannotBegin> {
    match stored.store {
        StoreKind::Sqlite => open_here(stored).await.map(Opened::Here),
        #[cfg(feature = "aws")]
        StoreKind::Aws => crate::cloud::open(stored).await.map(Opened::OnAws),
        #[cfg(not(feature = "aws"))]
        StoreKind::Aws => Err(not_built("--store aws")),
    }
}

/// Opens the store in the data folder.
pub(crate) async fn open_here(stored: &Stored) -> Result<App<Home>, CannotBegin> {
    let (config, machine) = read_config(&stored.config.config)?;
    let store = open_store(&config, &machine)?;
    let mail = way(&config, &machine).await?;
    let registry = stored_registry(&store, &machine).await?;
    let home = Home { store, mail, api: HttpApi::default(), clock: SystemClock, ids: SystemIds };
    App::start(home, settings(&config), registry).await.map_err(store_trouble)
}

/// What this program was built without.
#[cfg(not(feature = "aws"))]
pub(crate) fn not_built(what: &str) -> CannotBegin {
    CannotBegin::Other(format!(
        "{what} needs AWS, which this vigie was built without\n  hint: use the released program, \
         or cargo build --release --features aws"
    ))
}

/// Refuses AWS where a command is about what only the one process has; `why` says what there is in
/// its place.
pub(crate) fn only_here(kind: StoreKind, command: &str, why: &str) -> Result<(), CannotBegin> {
    if kind == StoreKind::Sqlite {
        return Ok(());
    }
    Err(CannotBegin::Other(format!("vigie {command} does not take --store aws\n  hint: {why}")))
}
