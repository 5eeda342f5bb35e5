//! The two processes as two tasks, and the socket between them.

use std::fs;
use std::io::Write as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::Pid;
use tokio::time::timeout;

use super::wire::Wire;
use super::{Charge, Keeper, KeptSetup, service};
use crate::config::NetworkConfig;
use crate::config::testing::config;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::platform::fake::{Call, RecordingSetup};
use crate::platform::{Farewell, Interface, NetworkSetup, SetupFuture};

#[tokio::test]
async fn orders_are_carried_out_in_order_and_all_is_undone_at_the_end() {
    let record = RecordingSetup::new();
    let (theirs, serving) = serve(Box::new(record.clone()), Vec::new());
    let (config, interface) = (config(&["10.0.0.0/8"], &["10.1.0.0/16"]), interface("tun7"));
    let client = async {
        let mut setup = kept(theirs, "tun7");
        setup.prepare().await.expect("done");
        setup.apply(&interface, &config).await.expect("done");
        setup.attempt_reconnect().await.expect("done");
        setup.reconnected().await.expect("done");
        setup.network_changed().await.expect("done");
        setup.revert(Farewell::Requested).await.expect("done");
        let calls = record.calls();
        drop(setup);
        calls
    };
    let (calls, served) = tokio::join!(client, serving);
    served.expect("an orderly end");
    let expected = [
        Call::Prepare,
        Call::Apply(interface.clone(), Box::new(config.clone())),
        Call::AttemptReconnect,
        Call::Reconnected,
        Call::NetworkChanged,
        Call::Revert,
    ];
    assert_eq!(calls, expected);
    assert_eq!(
        record.calls().len(),
        expected.len() + 1,
        "and once more at the end"
    );
}

#[tokio::test]
async fn refusals_come_back_as_they_were() {
    let (theirs, serving) = serve(Box::new(RecordingSetup::refusing()), Vec::new());
    let client = async {
        let mut setup = kept(theirs, "tun7");
        let error = setup.apply(&interface("tun7"), &config(&[], &[])).await;
        let refused = Error::from(error.expect_err("refused"));
        let other = setup.apply(&interface("eth0"), &config(&[], &[])).await;
        (refused, Error::from(other.expect_err("another interface")))
    };
    let ((refused, other), served) = tokio::join!(client, serving);
    served.expect("an orderly end");
    assert_eq!(refused.status, ExitStatus::NoPermission);
    assert_eq!(
        refused.message,
        "cannot add routes to tun7: operation not permitted"
    );
    assert_eq!(other.status, ExitStatus::Internal);
}

#[tokio::test]
async fn whatever_else_is_said_ends_it_and_all_is_undone() {
    let frame = |text: &str| {
        let length = u32::try_from(text.len()).expect("short");
        [&length.to_be_bytes(), text.as_bytes()].concat()
    };
    let device = frame(r#"{"number":0,"order":{"device":{"name":"tun7"}}}"#);
    for (said, fails) in [
        (frame(r#"{"number":1,"order":{"run":{"command":"sh"}}}"#), true),
        (frame("no JSON"), true),
        (vec![0xff; 64], true),
        ([device.clone(), device].concat(), true),
        (
            frame(r#"{"number":0,"order":{"device":{"name":"../tun7"}}}"#),
            true,
        ),
        (b"\0\0".to_vec(), false),
        (Vec::new(), false),
    ] {
        let record = RecordingSetup::new();
        let (mut theirs, serving) = serve(Box::new(record.clone()), Vec::new());
        theirs.write_all(&said).expect("sent");
        theirs.shutdown(std::net::Shutdown::Write).expect("closed");
        let served = timeout(LIMIT, serving).await.expect("an end");
        assert_eq!(served.is_err(), fails, "{said:?}: {served:?}");
        assert_eq!(record.calls(), [Call::Revert], "{said:?}");
    }
}

#[tokio::test]
async fn a_step_nobody_waits_for_makes_room_for_the_next() {
    let (theirs, serving) = serve(Box::new(Hanging), Vec::new());
    let client = async {
        let mut setup = kept(theirs, "tun7");
        let cut = timeout(Duration::from_millis(20), setup.prepare()).await;
        assert!(cut.is_err(), "it hangs");
        let reverted = timeout(LIMIT, setup.revert(Farewell::Failed)).await;
        reverted.expect("in time").expect("done");
    };
    let ((), served) = tokio::join!(client, serving);
    served.expect("an orderly end");
}

#[tokio::test]
async fn an_end_that_was_wanted_stays_one() {
    let config = config(&[], &[]);
    for (told, expected) in [
        (None, vec![Farewell::Failed]),
        (Some(Farewell::Requested), vec![Farewell::Requested; 2]),
        (Some(Farewell::Failed), vec![Farewell::Failed; 2]),
    ] {
        let farewells = Arc::default();
        let (theirs, serving) = serve(Box::new(Farewells(Arc::clone(&farewells))), Vec::new());
        let client = async {
            let mut setup = kept(theirs, "tun7");
            setup.apply(&interface("tun7"), &config).await.expect("done");
            if let Some(told) = told {
                setup.revert(told).await.expect("done");
            }
        };
        let ((), served) = tokio::join!(client, serving);
        served.expect("an orderly end");
        assert_eq!(*farewells.lock().expect("no panic"), expected, "{told:?}");
    }
}

#[tokio::test]
async fn files_of_the_other_process_are_removed_and_nobody_elses() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    fs::write(file("ours.pid"), format!("{CLIENT}\n")).expect("a file");
    fs::write(file("other.pid"), "1\n").expect("a file");
    let socket = UnixListener::bind(file("sock")).expect("a socket");
    let names = ["ours.pid", "other.pid", "sock", "missing"];
    let litter = names.map(file).to_vec();
    let (theirs, serving) = serve(Box::new(RecordingSetup::new()), litter);
    drop(theirs);
    serving.await.expect("an orderly end");
    drop(socket);
    let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").flatten().collect();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].file_name(), "other.pid");
}

/// The serving end, to be polled beside the other.
fn serve(
    setup: Box<dyn NetworkSetup>,
    litter: Vec<PathBuf>,
) -> (UnixStream, impl Future<Output = std::io::Result<()>>) {
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    let charge = Charge {
        setup,
        lock: None,
        litter,
        background: false,
    };
    let mut wire = Wire::new(ours).expect("a runtime");
    let serving = async move { service::serve(&mut wire, CLIENT, charge).await };
    (theirs, serving)
}

fn kept(stream: UnixStream, device: &str) -> KeptSetup {
    // no process has this number, so nobody is waited for
    let pid = Pid::from_raw(i32::MAX).expect("a number");
    let child = super::Child(pid);
    let keeper = Keeper { stream, child };
    keeper.into_setup(device).expect("a runtime")
}

fn interface(name: &str) -> Interface {
    Interface {
        name: name.to_owned(),
        gateway: [203, 0, 113, 5].into(),
        mtu: 1390,
    }
}

/// Writes down how it was ended.
struct Farewells(Arc<Mutex<Vec<Farewell>>>);

impl NetworkSetup for Farewells {
    fn prepare(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn apply<'a>(&'a mut self, _: &'a Interface, _: &'a NetworkConfig) -> SetupFuture<'a> {
        done()
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn network_changed(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn revert(&mut self, farewell: Farewell) -> SetupFuture<'_> {
        self.0.lock().expect("no panic").push(farewell);
        done()
    }
}

fn done() -> SetupFuture<'static> {
    Box::pin(std::future::ready(Ok(())))
}

/// Everything hangs but the end.
struct Hanging;

impl NetworkSetup for Hanging {
    fn prepare(&mut self) -> SetupFuture<'_> {
        Box::pin(std::future::pending())
    }

    fn apply<'a>(&'a mut self, _: &'a Interface, _: &'a NetworkConfig) -> SetupFuture<'a> {
        Box::pin(std::future::pending())
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        Box::pin(std::future::pending())
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        Box::pin(std::future::pending())
    }

    fn network_changed(&mut self) -> SetupFuture<'_> {
        Box::pin(std::future::pending())
    }

    fn revert(&mut self, _: Farewell) -> SetupFuture<'_> {
        done()
    }
}

const CLIENT: u32 = 4711;
const LIMIT: Duration = Duration::from_secs(10);
