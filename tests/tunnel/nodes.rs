//! One name, several nodes.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use vpnc_cli::platform::fake::RecordingSetup;
use vpnc_gateway::{Config, Gateway};

use crate::bench::{Client, HOST, run, settings, until};

/// Nodes at 127.0.0.1, .2 and so on, with one key, port and, where `shared`, session.
struct Nodes {
    nodes: Vec<Option<Gateway>>,
    first: Config,
    port: u16,
}

impl Nodes {
    async fn start(count: u8, shared: bool) -> Self {
        let first = Gateway::start(Config::default()).await.unwrap();
        let port = first.tcp_addr().port();
        let cookie = first.cookie().trim_start_matches("DSID=").to_owned();
        let config = Config {
            key_pem: Some(first.key_pem()),
            cookie: Some(cookie),
            ..Config::default()
        };
        let mut nodes = vec![Some(first)];
        for number in 2..=count {
            let node = Config {
                listen: SocketAddr::from(([127, 0, 0, number], port)),
                cookie: config.cookie.clone().filter(|_| shared),
                ..config.clone()
            };
            nodes.push(Some(Gateway::start(node).await.unwrap()));
        }
        Self {
            nodes,
            first: config,
            port,
        }
    }

    fn node(&self, number: usize) -> &Gateway {
        self.nodes[number - 1].as_ref().unwrap()
    }

    async fn stop_first(&mut self) {
        self.nodes[0].take().unwrap().shutdown().await;
    }

    async fn restart_first(&mut self) {
        let config = Config {
            listen: SocketAddr::from(([127, 0, 0, 1], self.port)),
            ..self.first.clone()
        };
        self.nodes[0] = Some(Gateway::start(config).await.unwrap());
    }

    /// A client that knows these addresses, in this order.
    async fn client(&self, numbers: &[u8]) -> Client {
        let mut settings = settings(self.port, &self.node(1).cookie());
        settings.gateway.tls.pins = vec![self.node(1).pin().parse().unwrap()];
        settings.gateway.resolve = numbers
            .iter()
            .map(|number| (HOST.to_owned(), IpAddr::from([127, 0, 0, *number])))
            .collect();
        let mut client = Client::start(settings, RecordingSetup::new());
        client.connected().await;
        client
    }
}

#[test]
fn an_address_that_refuses_is_passed_over() {
    run(async {
        let nodes = Nodes::start(1, true).await;
        let start = Instant::now();
        let mut client = nodes.client(&[9, 8, 1]).await;
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        client.exchange(10).await;
        client.end().await;
    });
}

#[test]
fn another_node_takes_over_when_sessions_are_shared() {
    run(async {
        let mut nodes = Nodes::start(3, true).await;
        let mut client = nodes.client(&[1, 2, 3]).await;
        client.exchange(10).await;
        nodes.stop_first().await;
        until("the new connection", || client.calls().contains(&"reconnected")).await;
        client.exchange(10).await;
        assert_eq!(nodes.node(2).stats().tunnels, 1);
        assert!(client.log().contains("another node of the gateway goes on"));
        // the network is set up for the new outer address
        let applied = client.calls().iter().filter(|call| **call == "apply").count();
        assert_eq!(applied, 2);
        // and now it is the one that serves, also the logout
        nodes.node(2).order("close tcp").await.unwrap();
        until("one more connection", || nodes.node(2).stats().tunnels == 2).await;
        client.exchange(10).await;
        client.end().await;
        assert_eq!(nodes.node(2).stats().logouts, 1);
    });
}

#[test]
fn a_node_that_does_not_know_the_session_ends_nothing_and_the_first_one_is_waited_for() {
    run(async {
        let mut nodes = Nodes::start(3, false).await;
        let mut client = nodes.client(&[1, 2, 3]).await;
        client.exchange(10).await;
        nodes.stop_first().await;
        until("refusals", || {
            nodes.node(2).stats().tunnel_requests == 1 && nodes.node(3).stats().tunnel_requests == 1
        })
        .await;
        nodes.restart_first().await;
        until("the new connection", || client.calls().contains(&"reconnected")).await;
        client.exchange(10).await;
        // asked once each
        assert_eq!(nodes.node(2).stats().tunnel_requests, 1);
        assert_eq!(nodes.node(3).stats().tunnel_requests, 1);
        client.end().await;
        assert_eq!(nodes.node(1).stats().logouts, 1);
    });
}

#[test]
fn a_refusal_of_the_first_node_stays_final() {
    run(async {
        let nodes = Nodes::start(2, true).await;
        let client = nodes.client(&[1, 2]).await;
        nodes.node(1).order("reject 403").await.unwrap();
        nodes.node(1).order("close tcp").await.unwrap();
        client.ended().await.is(2, &["sign in again"]);
        assert_eq!(nodes.node(2).stats().tunnel_requests, 0);
    });
}
