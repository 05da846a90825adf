//! Misbehaviour on demand.

/// Where in a session a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The first line the server says, right after it accepted the connection.
    Greeting,
    /// `EHLO` or `HELO`.
    Hello,
    /// The verdict on credentials.
    Auth,
    /// `MAIL FROM`.
    Mail,
    /// `RCPT TO`.
    Rcpt,
    /// `DATA`, before the message.
    Data,
    /// The final dot, after the message.
    DataEnd,
    /// `RSET`.
    Rset,
    /// `NOOP`.
    Noop,
}

/// What happens instead of the usual answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// This code and text are answered. A code of 400 or more refuses; 421 also hangs up.
    Reply(u16, String),
    /// The connection is closed without an answer.
    Close,
    /// Nothing more is said until the client leaves.
    Hang,
    /// At [`Stage::DataEnd`]: the message is kept, and the connection closed without an answer.
    /// Elsewhere as [`Action::Close`].
    TakeAndClose,
    /// At [`Stage::DataEnd`]: the message is kept, and nothing more is said. Elsewhere as
    /// [`Action::Hang`].
    TakeAndHang,
}

/// How often a fault strikes, counted from when it was injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Every time its stage is reached.
    Always,
    /// Only the given time, from 1.
    Nth(usize),
    /// The first so many times.
    First(usize),
    /// Every so many times: `Each(3)` is the third, the sixth…
    Each(usize),
}

/// One misbehaviour.
///
/// ```
/// use vigie_smtp_sink::{Fault, Stage};
/// let busy = Fault::reply(Stage::Rcpt, 450, "4.2.1 busy").nth(2);
/// let lost = Fault::take_and_close().only_to("eve@lumen.example");
/// # let _ = (busy, lost);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    stage: Stage,
    action: Action,
    when: When,
    to: Option<String>,
}

impl Fault {
    /// The given action, every time a stage is reached.
    pub fn new(stage: Stage, action: Action) -> Self {
        Self { stage, action, when: When::Always, to: None }
    }

    /// Answers a code and a text, every time a stage is reached.
    pub fn reply(stage: Stage, code: u16, text: &str) -> Self {
        Self::new(stage, Action::Reply(code, text.to_owned()))
    }

    /// Keeps every message and drops its connection before answering: the sender cannot know.
    pub fn take_and_close() -> Self {
        Self::new(Stage::DataEnd, Action::TakeAndClose)
    }

    /// The same, but only as `when` says.
    #[must_use]
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// The same, but only the given time, from 1.
    #[must_use]
    pub fn nth(self, nth: usize) -> Self {
        self.when(When::Nth(nth))
    }

    /// The same, but only the first so many times.
    #[must_use]
    pub fn first(self, times: usize) -> Self {
        self.when(When::First(times))
    }

    /// The same, but only for messages to this address (ASCII case is ignored). For stages from
    /// [`Stage::Rcpt`] on: before it, no recipient is known and the fault never strikes.
    #[must_use]
    pub fn only_to(mut self, address: &str) -> Self {
        self.to = Some(address.to_owned());
        self
    }

    fn concerns(&self, stage: Stage, to: &[String]) -> bool {
        let known = |address: &String| to.iter().any(|t| t.eq_ignore_ascii_case(address));
        self.stage == stage && self.to.as_ref().is_none_or(known)
    }

    fn strikes(&self, time: usize) -> bool {
        match self.when {
            When::Always => true,
            When::Nth(nth) => time == nth,
            When::First(times) => time <= times,
            When::Each(every) => every != 0 && time.is_multiple_of(every),
        }
    }
}

/// The faults in force, each with how often its stage was reached since.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(Fault, usize)>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push((fault, 0));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Counts one arrival at a stage; the first fault that strikes decides.
    pub(crate) fn meet(&mut self, stage: Stage, to: &[String]) -> Option<Action> {
        let mut action = None;
        for (fault, times) in &mut self.0 {
            if fault.concerns(stage, to) {
                *times += 1;
                if action.is_none() && fault.strikes(*times) {
                    action = Some(fault.action.clone());
                }
            }
        }
        action
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(fault: Fault, times: usize) -> Vec<usize> {
        let mut faults = Faults::default();
        faults.add(fault);
        let meets = |time: &usize| {
            let _ = time;
            faults.meet(Stage::Mail, &[]).is_some()
        };
        (1..=times).filter(meets).collect()
    }

    #[test]
    fn a_fault_strikes_when_it_says() {
        let fault = |when| Fault::new(Stage::Mail, Action::Close).when(when);
        assert_eq!(struck(fault(When::Always), 3), [1, 2, 3]);
        assert_eq!(struck(fault(When::Nth(2)), 4), [2]);
        assert_eq!(struck(fault(When::First(2)), 4), [1, 2]);
        assert_eq!(struck(fault(When::Each(2)), 5), [2, 4]);
        assert_eq!(struck(fault(When::Each(0)), 3), [0_usize; 0]);
        assert_eq!(struck(Fault::new(Stage::Rcpt, Action::Close), 3), [0_usize; 0]);
    }

    #[test]
    fn a_fault_for_one_address_leaves_the_others_alone() {
        let mut faults = Faults::default();
        faults.add(Fault::new(Stage::Rcpt, Action::Hang).only_to("A@x.example"));
        assert_eq!(faults.meet(Stage::Rcpt, &["b@x.example".to_owned()]), None);
        assert_eq!(faults.meet(Stage::Rcpt, &["a@x.example".to_owned()]), Some(Action::Hang));
        faults.clear();
        assert_eq!(faults.meet(Stage::Rcpt, &["a@x.example".to_owned()]), None);
    }
}
