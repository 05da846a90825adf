//! What was counted as a person reads it: one screen, eighty columns.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::mails::{OfSort, Sort};
use super::pages;
use super::play::Tally;
use super::reviews::Reviews;
use super::summary::Summary;

/// Columns of the screen.
const COLUMNS: usize = 80;

impl Summary {
    /// The numbers, and where to look at one of each sort of mail.
    pub(crate) fn human(&self) -> String {
        let mut out = String::new();
        self.tell_platforms(&mut out);
        self.tell_reviews(&mut out);
        self.tell_mails(&mut out);
        self.tell_refused(&mut out);
        out
    }

    /// One line a way of proving itself: with one a platform, thirty of them fill the screen.
    fn tell_platforms(&self, out: &mut String) {
        let _ = writeln!(
            out,
            "{:<30}{:>10}{:>5}{:>9}{:>6}{:>6}{:>6}{:>8}",
            "proof", "platforms", "sent", "accepted", "twice", "stale", "other", "refused"
        );
        let mut by_proof: BTreeMap<&str, (usize, Tally)> = BTreeMap::new();
        for row in &self.platforms {
            let (platforms, sum) = by_proof.entry(row.proof).or_default();
            *platforms += 1;
            sum.add(&row.tally);
        }
        let mut sum = Tally::default();
        for (proof, (platforms, tally)) in &by_proof {
            line(out, proof, *platforms, tally);
            sum.add(tally);
        }
        line(out, "in all", self.platforms.len(), &sum);
        let Tally { ignored, rejected, .. } = sum;
        let _ = writeln!(
            out,
            "other: {ignored} ignored (no review, or not ours), {rejected} rejected (kept, to map \
             again)\n"
        );
    }

    fn tell_reviews(&self, out: &mut String) {
        let Reviews { stored, under, edited_under, exactly_four, unreadable, .. } = &self.reviews;
        let Reviews { answered, withdrawn, by_shop, nowhere, elsewhere, on_trial, .. } =
            &self.reviews;
        let told = format!(
            "{stored} reviews stored: {under} under 4.00 stars ({edited_under} of them by an \
             edit), {exactly_four} at exactly 4.00 (no alert), {unreadable} without a readable \
             rating (in the report only); {answered} answered, {withdrawn} withdrawn."
        );
        paragraph(out, &told);
        let shops: Vec<String> =
            by_shop.iter().map(|(shop, count)| format!("{shop} {count}")).collect();
        let mut told = format!("By shop: {}; of none {nowhere}", shops.join(", "));
        let times = match self.reviews.elsewhere_told {
            1 => "once".to_owned(),
            times => format!("{times} times"),
        };
        for (place, count) in elsewhere {
            let _ = write!(
                told,
                ", \"{place}\" {count} (no shop's: shown as it came, the operator told {times})"
            );
        }
        paragraph(out, &format!("{told}; on trial {on_trial}."));
        out.push('\n');
    }

    fn tell_mails(&self, out: &mut String) {
        let head = "look at";
        let _ = writeln!(out, "{:<11}{:>5}  {:<47}{:>15}", "mails", "", "", head);
        for (sort, of_sort) in &self.mails {
            let what = what(*sort, of_sort);
            let page = pages::name(of_sort.first, *sort);
            let _ = writeln!(out, "{:<11}{:>5}  {what:<47}{page:>15}", sort.id(), of_sort.count);
        }
        let (missing, twice) = (self.missing, self.twice);
        let first = self.first_alert_ms.map(|ms| format!("; the first {ms} ms after its webhook"));
        let first = first.unwrap_or_default();
        let _ = writeln!(
            out,
            "{:<11}{:>5}  {missing} missing, {twice} twice{first}\n",
            "in all", self.total
        );
    }

    fn tell_refused(&self, out: &mut String) {
        let Some(refused) = &self.captured else { return };
        let (source, reason) = (&refused.source, &refused.reason);
        let _ = writeln!(out, "{source} was refused ({reason}) and captured. The doctor says:");
        out.push_str(&refused.told);
        out.push('\n');
    }
}

fn line(out: &mut String, proof: &str, platforms: usize, tally: &Tally) {
    let Tally { sent, accepted, duplicates, stale, ignored, rejected, refused } = tally;
    let other = ignored + rejected;
    let _ = writeln!(
        out,
        "{proof:<30}{platforms:>10}{sent:>5}{accepted:>9}{duplicates:>6}{stale:>6}{other:>6}\
         {refused:>8}"
    );
}

/// What the mails of a sort are, and to whom they went.
fn what(sort: Sort, of_sort: &OfSort) -> String {
    let (reviews, to) = (of_sort.reviews, of_sort.to.join(", "));
    let of = if reviews == 1 { "1 review".to_owned() } else { format!("{reviews} reviews") };
    match sort {
        Sort::Alert | Sort::ShopAlert => format!("{of}, to {to}"),
        Sort::Critical => format!("{of}, management too: {to}"),
        Sort::Reminder => format!("the promise is about to be broken, to {to}"),
        Sort::Merged => format!("the same for {of} at once, to {to}"),
        Sort::Escalation => format!("the promise is broken, to {to}"),
        Sort::Praise => format!("the good reviews, to {to}"),
        Sort::Report => format!("what nobody has answered, by shop, to {to}"),
        Sort::Operator => format!("trouble with Vigie itself, to {to}"),
        Sort::Trial => format!("to {to} only, meant for {}", of_sort.meant_for.join(", ")),
    }
}

/// Writes a text in lines of the screen's width.
fn paragraph(out: &mut String, text: &str) {
    let mut column = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            out.push('\n');
            column = 0;
        }
        if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
}
