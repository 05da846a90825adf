//! Runs one history: a driver that decides, step by step, who goes next.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use jiff::SignedDuration;
use secrecy::SecretString;
use vigie_app::registry::{Outside, PresetInForce};
use vigie_app::{App, Registry, Settings, deliver, erase, raise, receive, watch};
use vigie_domain::notice::{Kind, Notice, NoticeId, NoticeState, Subject};
use vigie_domain::{Brand, Deliver, Gets, ReviewKey, SecretRef};
use vigie_platforms::{Preset, signature};
use vigie_ports::{Clock as _, Due, Mailbox, NoticeFilter, Store as _};
use vigie_store_sqlite::SqliteStore;
use vigie_testkit::build::at;
use vigie_testkit::world::{ManualClock, SeededIds};

use crate::chaos::{Chaos, Sabotage};
use crate::model::{self, Observed};
use crate::script::{self, REVIEWS, Sent};
use crate::world::{SimIds, SimMail, SimStore, SimWorld};

/// What histories had in them.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    events: u64,
    decisions: u64,
    notices: u64,
    perhaps_twice: u64,
    crashes: u64,
    taken_along: u64,
    dead: u64,
    reports: u64,
    merged: u64,
    trial: u64,
    erased: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.decisions += other.decisions;
        self.notices += other.notices;
        self.perhaps_twice += other.perhaps_twice;
        self.crashes += other.crashes;
        self.taken_along += other.taken_along;
        self.dead += other.dead;
        self.reports += other.reports;
        self.merged += other.merged;
        self.trial += other.trial;
        self.erased += other.erased;
    }

    /// Whether everything that can happen did.
    pub(crate) fn is_lively(&self) -> bool {
        let all = [self.events, self.decisions, self.notices, self.perhaps_twice, self.crashes];
        all.iter().all(|n| *n > 0)
            && self.taken_along > 0
            && self.dead > 0
            && self.reports > 0
            && self.merged > 0
            && self.trial > 0
            && self.erased > 0
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} events, {} decisions, {} notices ({} taken along, {} that waited in one message, \
             {} dead, {} perhaps twice), {} mails on trial, {} reports, {} erased, {} crashes",
            self.events,
            self.decisions,
            self.notices,
            self.taken_along,
            self.merged,
            self.dead,
            self.perhaps_twice,
            self.trial,
            self.reports,
            self.erased,
            self.crashes
        )
    }
}

/// What a notice says that was sent in another's message.
const WENT_WITH: &str = "its message went with ";
/// The hours of a third of the histories.
const HOURS: &str = "08:00-20:00";
/// Who gets a brand's messages on trial.
pub(crate) const OPERATOR: &str = "ops@agency.example";

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

struct Configured;

impl Outside for Configured {
    fn secret(&self, _: &SecretRef) -> Result<SecretString, String> {
        Ok(SECRET.into())
    }

    fn preset(&self, named: &str) -> Result<PresetInForce, String> {
        Preset::by_id(named).map(PresetInForce::Ours).ok_or_else(|| named.to_owned())
    }
}

/// What a task leaves to be done when it ends.
enum After {
    Nothing,
    Raise(Vec<ReviewKey>),
    Deliver(Vec<NoticeId>),
    Handle(Vec<Due>),
    /// A webhook that was not acknowledged: its sender tries again.
    SendAgain(Sent),
    Wrong(String),
}

type Task = Pin<Box<dyn Future<Output = After>>>;

struct Driver {
    world: SimWorld,
    chaos: Arc<Chaos>,
    app: Arc<App<SimWorld>>,
    brand: Brand,
    /// Whether the brand goes on trial, off and live again in this history.
    changes_mode: bool,
    tasks: Vec<(Task, Option<Sent>)>,
    outbox: Vec<Sent>,
    /// Whether somebody asks for erasures in this history.
    erases: bool,
    /// The reviews that are to be erased: whoever was cut off asks again.
    to_erase: BTreeSet<ReviewKey>,
    crashes: u64,
}

/// Runs the history of a seed, or says what is wrong with it. The store is emptied first: one made
/// anew would prepare its statements anew, a third of the time.
pub(crate) fn run(
    store: &Arc<SqliteStore>,
    seed: u64,
    sabotage: Option<Sabotage>,
) -> Result<Totals, String> {
    store.empty().map_err(|e| e.to_string())?;
    let mut driver = Driver::new(store.clone(), seed, sabotage)?;
    for _ in 0..60 + driver.chaos.below(200) {
        driver.step()?;
    }
    driver.settle()?;
    driver.judge()
}

fn now_or_stuck<T>(future: impl Future<Output = T>) -> T {
    let mut future = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..100_000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
    panic!("a future never ends")
}

impl Driver {
    fn new(inner: Arc<SqliteStore>, seed: u64, sabotage: Option<Sabotage>) -> Result<Self, String> {
        let chaos = Arc::new(Chaos::new(seed, sabotage));
        let clock = Arc::new(ManualClock::at(at(0)));
        let store = SimStore {
            inner,
            chaos: chaos.clone(),
            observed: Arc::new(Mutex::new(Observed::default())),
        };
        let delivered = Arc::default();
        let mail = SimMail { chaos: chaos.clone(), clock: clock.clone(), delivered };
        let ids = SimIds(Arc::new(SeededIds::new(seed)));
        let world = SimWorld { store, mail, clock, ids };
        let mut brand = Brand::sample();
        let changes_mode = chaos.one_in(4);
        if chaos.one_in(3) {
            brand.send_between = HOURS.parse().unwrap();
        }
        now_or_stuck(world.store.inner.apply(vec![brand.clone()], at(0)))
            .map_err(|e| e.to_string())?;
        world.store.observed.lock().unwrap().brand_is_in_force(&brand, at(0));
        let app = start(&world, &brand);
        let outbox = script::write(&chaos, at(0));
        let (erases, to_erase, crashes) = (chaos.one_in(4), BTreeSet::new(), 0);
        let tasks = Vec::new();
        Ok(Self {
            world,
            chaos,
            app,
            brand,
            changes_mode,
            tasks,
            outbox,
            erases,
            to_erase,
            crashes,
        })
    }

    /// One move of the driver, most often a step of some task.
    fn step(&mut self) -> Result<(), String> {
        match self.chaos.below(40) {
            0..6 => self.send(),
            6 => self.spawn_watch(),
            7 => self.world.clock.advance(SignedDuration::from_secs(self.chaos.below(90) as i64)),
            8 => self.advance_minutes(200),
            9 if self.chaos.one_in(3) => self.advance_minutes(20 * 60),
            10 if self.chaos.one_in(2) => self.crash(),
            11 if self.changes_mode || self.chaos.one_in(6) => self.change_configuration(),
            12 if self.erases && self.chaos.one_in(2) => {
                let key = a_review(self.chaos.below(REVIEWS));
                self.to_erase.insert(key.clone());
                self.spawn_erase(key);
            }
            _ => return self.poll_one(),
        }
        Ok(())
    }

    fn advance_minutes(&self, most: u64) {
        let minutes = 1 + self.chaos.below(most) as i64;
        self.world.clock.advance(SignedDuration::from_mins(minutes));
    }

    /// Sends a webhook, any of those that wait; a sender may send it twice.
    fn send(&mut self) {
        if self.outbox.is_empty() {
            return;
        }
        let which = self.chaos.below(self.outbox.len() as u64) as usize;
        let sent = self.outbox.swap_remove(which);
        if self.chaos.one_in(5) {
            self.outbox.push(sent.clone());
        }
        let app = self.app.clone();
        let task = Box::pin(post(app, sent.clone(), self.chaos.clone()));
        self.tasks.push((task, Some(sent)));
    }

    fn spawn(&mut self, task: Task) {
        self.tasks.push((task, None));
    }

    fn spawn_watch(&mut self) {
        let app = self.app.clone();
        self.spawn(Box::pin(async move {
            watch::due(&app, 50).await.map_or(After::Nothing, After::Handle)
        }));
    }

    fn spawn_erase(&mut self, key: ReviewKey) {
        let app = self.app.clone();
        self.spawn(Box::pin(async move {
            if let Ok(found) = erase::look(&app, &erase::Whom::Review(key.to_string())).await {
                for stored in &found.reviews {
                    let _ = erase::erase(&app, stored, false).await;
                }
            }
            After::Nothing
        }));
    }

    fn poll_one(&mut self) -> Result<(), String> {
        if self.tasks.is_empty() {
            return Ok(());
        }
        let which = self.chaos.below(self.tasks.len() as u64) as usize;
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(after) = self.tasks[which].0.as_mut().poll(&mut context) else {
            return Ok(());
        };
        drop(self.tasks.swap_remove(which));
        self.follow(after)
    }

    /// Follows up on a task that ended. Nudges may be lost.
    fn follow(&mut self, after: After) -> Result<(), String> {
        match after {
            After::Nothing => {}
            After::Wrong(fault) => return Err(fault),
            After::SendAgain(sent) => self.outbox.push(sent),
            After::Raise(keys) => {
                for key in keys {
                    let app = self.app.clone();
                    if !self.chaos.one_in(4) {
                        self.spawn(Box::pin(async move {
                            raise::raise(&app, &key).await.map_or(After::Nothing, After::Deliver)
                        }));
                    }
                }
            }
            After::Deliver(ids) => {
                for id in ids {
                    let app = self.app.clone();
                    if !self.chaos.one_in(4) {
                        self.spawn(Box::pin(async move {
                            let _ = deliver::deliver(&app, &id).await;
                            After::Nothing
                        }));
                    }
                }
            }
            After::Handle(due) => {
                for one in due {
                    let app = self.app.clone();
                    self.spawn(Box::pin(async move {
                        watch::handle(&app, &one).await.map_or(After::Nothing, After::Deliver)
                    }));
                }
            }
        }
        Ok(())
    }

    /// The process dies where its tasks stand, and another starts.
    fn crash(&mut self) {
        self.crashes += 1;
        for (_, sent) in self.tasks.drain(..) {
            // No answer came: the platform sends it again.
            self.outbox.extend(sent);
        }
        let _ = now_or_stuck(self.world.store.inner.take_up(self.world.clock.now()));
        self.app = start(&self.world, &self.brand);
    }

    /// Management starts or stops getting alerts, or the brand goes on trial, off or live, while
    /// everything goes on.
    fn change_configuration(&mut self) {
        if self.changes_mode && self.chaos.one_in(2) {
            let modes = [Deliver::Live, Deliver::Trial, Deliver::Off];
            self.brand.deliver = modes[self.chaos.below(3) as usize];
        } else if let Some(direction) = self.brand.contacts.last_mut() {
            direction.gets = if direction.gets.is_empty() { vec![Gets::Alert] } else { Vec::new() };
        }
        self.apply();
    }

    fn apply(&mut self) {
        let now = self.world.clock.now();
        let _ = now_or_stuck(self.world.store.inner.apply(vec![self.brand.clone()], now));
        self.world.store.observed.lock().unwrap().brand_is_in_force(&self.brand, now);
        self.app.put_in_force(registry(&self.brand));
    }

    /// The network and the servers come back; everything is let run for four days.
    fn settle(&mut self) -> Result<(), String> {
        self.chaos.calm_down();
        self.brand.deliver = Deliver::Live;
        self.apply();
        while !self.outbox.is_empty() || !self.tasks.is_empty() {
            self.send();
            while !self.tasks.is_empty() {
                self.poll_one()?;
            }
        }
        // Four days, and on to where messages may go again.
        let mut rounds = 2 * 96;
        while rounds > 0 {
            rounds -= 1;
            let now = self.world.clock.now();
            if rounds == 0 && self.brand.opening(now) > now {
                rounds = 4;
            }
            self.world.clock.advance(SignedDuration::from_mins(30));
            self.spawn_watch();
            for key in self.not_erased() {
                self.spawn_erase(key);
            }
            while !self.tasks.is_empty() {
                self.poll_one()?;
            }
        }
        Ok(())
    }

    fn not_erased(&self) -> Vec<ReviewKey> {
        let observed = self.world.store.observed.lock().unwrap();
        let keys = self.to_erase.iter();
        keys.filter(|key| !observed.erasures.is_done(&key.to_string())).cloned().collect()
    }

    fn judge(&self) -> Result<Totals, String> {
        let store = &self.world.store.inner;
        let notices = now_or_stuck(store.notices(NoticeFilter::default())).unwrap();
        let observed = self.world.store.observed.lock().unwrap();
        let delivered = self.world.mail.delivered.lock().unwrap();
        let mut reviews = BTreeMap::new();
        for key in (0..REVIEWS).map(a_review) {
            if let Some(stored) = now_or_stuck(store.review(&key)).unwrap() {
                reviews.insert(key.to_string(), stored.review);
            }
        }
        let mut faults = observed.faults(&reviews, &notices, &delivered);
        faults.extend(delivered.iter().filter_map(|one| model::at_a_wrong_hour(one, &self.brand)));
        faults.extend(delivered.iter().filter_map(|one| observed.to_a_wrong_address(one)));
        faults.extend(observed.erasures.faults(&self.to_erase, &reviews, &notices, &delivered));
        let merged = |n: &&Notice| n.reason.as_ref().is_some_and(|r| r.starts_with(WENT_WITH));
        let trial = delivered.iter().filter(|one| one.to == OPERATOR).count();
        faults.extend(missing_reports(&notices));
        if !faults.is_empty() {
            return Err(faults.join("; "));
        }
        let along = |notice: &&Notice| notice.what.with.is_some();
        Ok(Totals {
            events: observed.events,
            decisions: observed.decisions,
            notices: notices.len() as u64,
            perhaps_twice: notices.iter().map(|n| u64::from(n.perhaps_twice)).sum(),
            crashes: self.crashes,
            taken_along: notices.iter().filter(along).count() as u64,
            dead: notices.iter().filter(|n| n.state == NoticeState::Dead).count() as u64,
            reports: notices.iter().filter(|n| n.what.kind == Kind::Report).count() as u64,
            merged: notices.iter().filter(|n| n.state == NoticeState::Sent).filter(merged).count()
                as u64,
            trial: trial as u64,
            erased: observed.erasures.count(),
        })
    }
}

/// Reports come once per local date and person; in the quiet days at the end none is missing.
fn missing_reports(notices: &[Notice]) -> Option<String> {
    let mut dates = BTreeSet::new();
    for notice in notices {
        let Subject::Report { date, .. } = notice.what.subject else { continue };
        if !dates.insert(date) {
            return Some(format!("two reports of {date}"));
        }
    }
    let last = dates.last()?;
    let quiet = (0..3).map(|days| last.checked_sub(jiff::Span::new().days(days)).unwrap());
    quiet.into_iter().find(|date| !dates.contains(date)).map(|date| format!("no report of {date}"))
}

fn a_review(n: u64) -> ReviewKey {
    vigie_testkit::build::key(&format!("r-{n}"))
}

fn registry(brand: &Brand) -> Registry {
    Registry::prepare([(brand.clone(), false)], &Configured).0
}

fn start(world: &SimWorld, brand: &Brand) -> Arc<App<SimWorld>> {
    let settings = Settings {
        public_url: "http://127.0.0.1:8787".to_owned(),
        from: Mailbox { name: "Sara".to_owned(), address: "sara@vigie.example".to_owned() },
        reply_to: None,
        operator: vec![OPERATOR.to_owned()],
    };
    let started = App::start(world.clone(), settings, registry(brand));
    Arc::new(now_or_stuck(started).unwrap())
}

/// Plays the platform: signs an event and posts it.
async fn post(app: Arc<App<SimWorld>>, sent: Sent, chaos: Arc<Chaos>) -> After {
    let body = sent.body();
    let wrong = sent.forged && !chaos.is(Sabotage::ForgedIsTaken);
    let secret: SecretString = if wrong { OTHER_SECRET } else { SECRET }.into();
    let preset = Preset::by_id("standard-webhooks").unwrap();
    let now = app.world().clock.now();
    let signed = signature::sign(preset.scheme(), &secret, body.as_bytes(), "msg_1", now).unwrap();
    let headers = signed.header_map();
    let received = vigie_tests::app::post(&app, &headers, body.as_bytes()).await;
    match received {
        Ok(_) if sent.forged => After::Wrong("a forged webhook was taken".to_owned()),
        Ok(received) => After::Raise(received.undecided),
        Err(receive::NotReceived::Refused(_)) if sent.forged => After::Nothing,
        Err(receive::NotReceived::NotRecorded(_)) => After::SendAgain(sent),
        Err(other) => After::Wrong(format!("refused: {other}")),
    }
}
