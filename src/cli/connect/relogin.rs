//! `--relogin`: the sign-in that comes by itself when the session has ended.

use tracing::debug;

use crate::cli::login::{self, FrontEnd};
use crate::cli::settings::LoginSettings;
use crate::exit::ExitStatus;
use crate::net::Connector;
use crate::net::driver::{Companion, NewSession, Relogin, SigningIn};
use crate::net::status::Board;

/// Signs in with what the first sign-in used, as far as it may be used again.
pub(super) struct Again {
    settings: Box<LoginSettings>,
    /// One that has met no address yet.
    fresh: Connector,
    /// Asks nobody.
    front_end: FrontEnd,
    board: Board,
    /// The address of the last session did not answer: the name is to be looked up.
    is_lost: bool,
}

impl Again {
    pub(super) fn new(
        settings: Box<LoginSettings>,
        fresh: Connector,
        front_end: FrontEnd,
        board: Board,
    ) -> Self {
        Self {
            settings,
            fresh,
            front_end,
            board,
            is_lost: false,
        }
    }
}

impl Relogin for Again {
    fn sign_in(&mut self, last: Connector) -> SigningIn<'_> {
        Box::pin(async move {
            self.front_end.begin_again();
            // the sign-in may have led to another host than the one that it begins at
            let is_known = last.url() == self.fresh.url() && !self.is_lost;
            let connector = if is_known { last } else { self.fresh.clone() };
            let result = login::sign_in_by(connector, &self.settings, &mut self.front_end).await;
            self.front_end.finish();
            self.is_lost =
                is_known && matches!(&result, Err(error) if error.status == ExitStatus::Unavailable);
            let mut login = result?;
            debug!(gateway = %login.outcome.gateway, "there is a new session");
            let (recheck, board) = (login.recheck(), self.board.clone());
            Ok(NewSession {
                connector: login.connector,
                jar: login.outcome.jar,
                companion: recheck.map(|recheck| -> Companion<'static> { Box::pin(recheck.run(board)) }),
            })
        })
    }
}
