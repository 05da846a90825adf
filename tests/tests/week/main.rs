//! A brand's week: forty shops on platforms that send no answers, a hundred reviews a day, people
//! who answer most of them. It counts what each person gets, and prints it.
//!
//! `cargo test -p vigie-tests --test week -- --nocapture` shows the figures.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where it finds a fault, and shows its figures"
)]

mod retention;
mod roundup;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use vigie_app::{App, deliver, raise, watch};
use vigie_domain::notice::NoticeState;
use vigie_domain::{Brand, EventKind, Kind, State, Told};
use vigie_ports::{Arrival, Due, NoticeFilter, Store as _, World as _};
use vigie_testkit::build::at;
use vigie_tests::random::Random;

use crate::world::{Mailed, Week, app, brand};

const SHOPS: u64 = 40;
const DAYS: i64 = 7;
const REVIEWS_A_DAY: u64 = 100;
/// Mails a person may get in a day, on average and at worst (issue: under 6).
const A_DAY_MAX: f64 = 6.0;

/// Something that happens.
enum Event {
    /// A review comes in: its number, its stars, its shop.
    Posted(u64, u16, u64),
    /// Somebody presses "I have answered".
    Answered(u64),
}

/// The week, minute by minute: reviews at any hour, answers within the working day.
fn script(random: &mut Random) -> BTreeMap<Timestamp, Vec<Event>> {
    let mut events: BTreeMap<Timestamp, Vec<Event>> = BTreeMap::new();
    let total = REVIEWS_A_DAY * DAYS as u64;
    for number in 0..total {
        let minute = random.next() % (DAYS as u64 * 24 * 60);
        let when = at(minute as i64 * 60);
        let low = random.next().is_multiple_of(20);
        let stars = if low { 100 + (random.next() % 3) as u16 * 100 } else { 500 };
        let event = Event::Posted(number, stars, random.next() % SHOPS);
        events.entry(when).or_default().push(event);
        // Most answer within hours of reading; one low review in six is forgotten for days.
        let hours =
            if low && random.next().is_multiple_of(6) { 60 } else { 3 + random.next() % 12 };
        let answered = working_hour(when + SignedDuration::from_hours(hours as i64));
        events.entry(answered).or_default().push(Event::Answered(number));
    }
    events
}

/// The moment itself between 9 and 19 in Paris, else the next 9 o'clock.
fn working_hour(when: Timestamp) -> Timestamp {
    let hours: vigie_domain::Hours = "09:00-19:00".parse().unwrap();
    hours.opening(&Brand::sample().zone(), when)
}

async fn play(app: &App<Week>, event: &Event, low: &mut BTreeSet<u64>) {
    let now = vigie_ports::Clock::now(app.world().clock());
    let id = |number: &u64| format!("w-{number}");
    let (number, told) = match event {
        Event::Posted(number, stars, shop) => {
            if *stars < 400 {
                low.insert(*number);
            }
            let mut told =
                vigie_testkit::build::written(EventKind::Posted, &id(number), *stars, now);
            if let Told::Event(event) = &mut told {
                let content = event.content.as_mut().unwrap();
                content.location = Some(format!("SHOP-{shop}"));
                "Attente interminable, et personne pour répondre.".clone_into(&mut content.text);
            }
            (number, told)
        }
        Event::Answered(number) => {
            let by = Some("shop".to_owned());
            (number, Told::Answered { at: now, by })
        }
    };
    let brand = app.registry().brand(&Brand::sample().id).unwrap();
    let key = vigie_testkit::build::key(&id(number));
    let arrival = Arrival { key: key.clone(), brand, told, at: now, request: None };
    app.world().store().record(vec![arrival]).await.unwrap();
    raise::raise(app, &key).await.unwrap();
}

/// Does what waits, as the process does each second.
async fn look(app: &App<Week>) {
    loop {
        let due = watch::due(app, 500).await.unwrap();
        if due.is_empty() {
            return;
        }
        for one in due {
            if let Due::Notice(id) = &one {
                deliver::deliver(app, id).await.unwrap();
            } else {
                watch::handle(app, &one).await.unwrap();
            }
        }
    }
}

/// Plays a week; gives every mail and the numbers of the low reviews.
async fn week(seed: u64) -> (Arc<App<Week>>, Vec<Mailed>, BTreeSet<u64>) {
    let app = Arc::new(app(brand(SHOPS)).await);
    let script = script(&mut Random::of(seed));
    let mut low = BTreeSet::new();
    let end = at(DAYS * 24 * 3600);
    let mut now = at(0);
    while now < end {
        for event in script.get(&now).into_iter().flatten() {
            play(&app, event, &mut low).await;
        }
        look(&app).await;
        now += SignedDuration::from_mins(1);
        app.world().clock().advance(SignedDuration::from_mins(1));
    }
    let mailed = app.world().mail().0.lock().unwrap().clone();
    (app, mailed, low)
}

/// Mails per person and local day: the mean over the seven days, and the most in one.
fn per_person(mailed: &[Mailed]) -> (f64, usize, f64) {
    let zone = Brand::sample().zone();
    let mut days: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut people: BTreeMap<String, usize> = BTreeMap::new();
    for mail in mailed {
        let day = mail.at.to_zoned(zone.clone()).date().to_string();
        *days.entry((mail.to.clone(), day)).or_default() += 1;
        *people.entry(mail.to.clone()).or_default() += 1;
    }
    let busiest = people.values().max().copied().unwrap_or_default() as f64 / DAYS as f64;
    let mean = mailed.len() as f64 / people.len() as f64 / DAYS as f64;
    (mean, days.values().max().copied().unwrap_or_default(), busiest)
}

#[tokio::test]
async fn a_brand_with_forty_shops_is_told_what_matters_and_no_more() {
    let (app, mailed, low) = week(1).await;
    let (mean, most, busiest) = per_person(&mailed);
    let hours = app.registry().brand(&Brand::sample().id).unwrap().brand.clone();
    let outside = mailed.iter().filter(|mail| hours.opening(mail.at) > mail.at).count();
    let mut late_but_answered = 0;
    for mail in mailed.iter().filter(|mail| mail.kind == "escalation") {
        let key = mail.review.as_ref().unwrap().parse().unwrap();
        let stored = app.world().store().review(&key).await.unwrap().unwrap();
        late_but_answered += usize::from(stored.review.state_at(mail.at) != Some(State::Open));
    }
    let notices = app.world().store().notices(NoticeFilter::default()).await.unwrap();
    let owned = |number: &&u64| {
        let key = vigie_testkit::build::key(&format!("w-{number}"));
        notices.iter().any(|n| n.what.kind == Kind::Alert && n.what.subject.review() == Some(&key))
    };
    let without_owner = low.len() - low.iter().filter(owned).count();
    let dead = notices.iter().filter(|n| n.state == NoticeState::Dead).count();
    let kinds = mailed.iter().fold(BTreeMap::<_, usize>::new(), |mut kinds, mail| {
        *kinds.entry(mail.kind.clone()).or_default() += 1;
        kinds
    });
    println!(
        "a week, {SHOPS} shops, {} reviews, {} low: {} mails {kinds:?}; a person and day: mean \
         {mean:.2}, busiest person {busiest:.2}, most in one day {most}; outside hours {outside}; \
         late though answered {late_but_answered}; without an owner {without_owner}; dead {dead}",
        REVIEWS_A_DAY * DAYS as u64,
        low.len(),
        mailed.len(),
    );
    assert!(low.len() > 20 && kinds["escalation"] > 0 && kinds["report"] > 0, "a lively week");
    assert!(busiest < A_DAY_MAX, "{busiest} mails a day to one person");
    assert_eq!((outside, late_but_answered, without_owner, dead), (0, 0, 0, 0));
}
