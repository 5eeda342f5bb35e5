//! Checks while the tunnel lives, without which a gateway drops the session (`juniper-nc.md §5.8`).

use std::time::Duration;

use tokio::time::sleep;
use tracing::{info, warn};

use super::wrapper::Wrapper;
use super::{Exchange, Latest, Means, builtin};
use crate::auth::host_check::{CheckSettings, Passed};
use crate::net::status::{Board, News, after};

/// Repeats the check of the login, for as long as it is polled.
pub struct Recheck<'a> {
    means: Means,
    latest: Latest,
    exchange: Box<dyn Exchange + 'a>,
}

impl<'a> Recheck<'a> {
    pub(super) fn new(means: Means, latest: Latest, exchange: Box<dyn Exchange + 'a>) -> Self {
        Self {
            means,
            latest,
            exchange,
        }
    }

    /// Goes on until the gateway wants no further check, or the external program has ended. Failures are told in the
    /// log and on the board: whether the session ends is the gateway's decision.
    pub async fn run(self, board: Board) {
        let Self {
            means,
            latest,
            exchange,
        } = self;
        match means {
            Means::BuiltIn(settings) => repeat(exchange, &settings, latest, &board).await,
            Means::Wrapper(wrapper) => accompany(*wrapper, latest).await,
        }
    }
}

async fn repeat(
    mut exchange: Box<dyn Exchange + '_>,
    settings: &CheckSettings,
    mut latest: Latest,
    board: &Board,
) {
    while let Some(interval) = latest.interval {
        board.update(|status| status.host_check.next_at = after(interval));
        sleep(interval).await;
        if let Some(passed) = attempt(exchange.as_mut(), settings, &mut latest).await {
            let unmet = passed.policies.iter().filter(|policy| !policy.met).count();
            info!(
                policies = passed.policies.len(),
                unmet,
                next_in_seconds = passed.interval.map(|interval| interval.as_secs()),
                "the host check was repeated"
            );
            board.tell(News::HostCheck { passed: unmet == 0 });
            latest.interval = passed.interval;
        } else {
            board.tell(News::HostCheck { passed: false });
        }
    }
    board.update(|status| status.host_check.next_at = None);
}

/// One check, tried three times.
async fn attempt(
    exchange: &mut (dyn Exchange + '_),
    settings: &CheckSettings,
    latest: &mut Latest,
) -> Option<Passed> {
    let mut attempts_left = ATTEMPTS;
    loop {
        match builtin::check(exchange, settings, &latest.gateway, &mut latest.cookies).await {
            Ok(passed) => return Some(passed),
            Err(error) => {
                attempts_left -= 1;
                if attempts_left == 0 {
                    warn!(%error, "the host check cannot be repeated; the gateway may end the session soon");
                    return None;
                }
                info!(%error, attempts_left, "the host check failed, once more in 30 s");
                sleep(SPACING).await;
            }
        }
    }
}

/// The program checks by itself; it only wants to be told the cookie.
async fn accompany(mut wrapper: Wrapper, latest: Latest) {
    loop {
        let next = async {
            match latest.interval {
                Some(interval) => sleep(interval).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wrapper.ended() => return,
            () = next => {}
        }
        if !wrapper.tell(&latest.cookies.preauth).await {
            return;
        }
    }
}

/// `juniper-nc.md §5.8`: once and twice more.
const ATTEMPTS: u32 = 3;
const SPACING: Duration = Duration::from_secs(30);
