//! `--relogin`: the sign-in that comes by itself when the session has ended.

use tracing::debug;

use crate::cli::login::{self, FrontEnd};
use crate::cli::settings::LoginSettings;
use crate::net::Connector;
use crate::net::driver::{Companion, NewSession, Relogin, SigningIn};
use crate::net::status::Board;

/// Signs in with what the first sign-in used, as far as it may be used again.
pub(super) struct Again {
    pub(super) settings: Box<LoginSettings>,
    /// One that has met no address yet: any node of a cluster may take the new session.
    pub(super) connector: Connector,
    /// Asks nobody.
    pub(super) front_end: FrontEnd,
    pub(super) board: Board,
}

impl Relogin for Again {
    fn sign_in(&mut self) -> SigningIn<'_> {
        Box::pin(async {
            self.front_end.begin_again();
            let connector = self.connector.clone();
            let result = login::sign_in_by(connector, &self.settings, &mut self.front_end).await;
            self.front_end.finish();
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
