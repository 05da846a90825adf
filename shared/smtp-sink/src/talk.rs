//! What a session says, and how it misbehaves when a fault strikes.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::fault::{Action, Stage};
use crate::session::{Ended, Session};

impl Session {
    pub(crate) fn say(&mut self, reply: &str) {
        self.out.extend_from_slice(reply.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    pub(crate) async fn flush(&mut self) -> Result<(), Ended> {
        if !self.out.is_empty() {
            self.writer.write_all(&self.out).await?;
            self.out.clear();
        }
        Ok(())
    }

    /// Says the usual answer of a stage, unless a fault strikes. Says whether it did.
    pub(crate) async fn answer(&mut self, stage: Stage, usual: &str) -> Result<bool, Ended> {
        self.answer_about(stage, usual, &[]).await
    }

    pub(crate) async fn answer_about(
        &mut self,
        stage: Stage,
        usual: &str,
        to: &[String],
    ) -> Result<bool, Ended> {
        match self.shared.meet(stage, to) {
            None => {
                self.say(usual);
                Ok(true)
            }
            Some(Action::Reply(code, text)) => {
                self.refuse(code, &text).await?;
                Ok(code < 400)
            }
            Some(action) => {
                self.leave(&action).await?;
                Ok(false)
            }
        }
    }

    /// Says a fault's reply; 421 means that the server hangs up (RFC 5321 §3.8).
    pub(crate) async fn refuse(&mut self, code: u16, text: &str) -> Result<(), Ended> {
        self.say(&format!("{code} {text}"));
        if code == 421 {
            self.flush().await?;
            return Err(Ended);
        }
        Ok(())
    }

    /// Closes, or says nothing more until the client leaves.
    pub(crate) async fn leave(&mut self, action: &Action) -> Result<(), Ended> {
        if matches!(action, Action::Hang | Action::TakeAndHang) {
            self.flush().await?;
            let mut ignored = [0_u8; 512];
            while self.reader.read(&mut ignored).await? > 0 {}
        }
        Err(Ended)
    }
}
