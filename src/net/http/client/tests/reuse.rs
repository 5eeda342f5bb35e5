//! Which connections are used again, and when a request is repeated.

use super::*;

#[tokio::test]
async fn a_connection_is_used_again() {
    let mut scene = Scene::new(&[&[Act::Say(FOUND), Act::Say(PAGE), Act::Stay(CHUNKED)]]).await;
    let first = scene.post().await.unwrap();
    assert_eq!((first.status, first.header("Location")), (302, Some("/next")));
    assert_eq!(scene.get().await.unwrap().body, "hello");
    assert_eq!(scene.get().await.unwrap().body, "0123456789ab");
    assert_eq!(
        scene.seen(),
        [format!("#0 POST {FORM}"), "#0 GET".into(), "#0 GET".into()]
    );
    let tls = scene.client.tls().unwrap();
    assert!(tls.version.starts_with("TLS 1."), "{tls:?}");
    let port = scene.gateway.port;
    let connector = scene.client.into_gateway();
    assert_eq!(connector.address().unwrap().port(), port);
}

#[tokio::test]
async fn answers_that_end_the_connection_are_followed_by_a_fresh_one() {
    let table = [
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
        // more than was announced: nobody knows what the next octets would belong to
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world",
    ];
    for answer in table {
        let connections: &[&[Act]] = &*vec![&*vec![Act::Stay(answer)].leak(), &[Act::Say(PAGE)]].leak();
        let mut scene = Scene::new(connections).await;
        for _ in 0..2 {
            assert_eq!(scene.get().await.unwrap().body, "hello", "{answer}");
        }
        assert_eq!(scene.seen(), ["#0 GET", "#1 GET"], "{answer}");
    }
}

#[tokio::test]
async fn a_close_between_requests_is_seen_before_the_next() {
    let mut scene = Scene::new(&[&[Act::Say(PAGE)], &[Act::Say(PAGE)]]).await;
    scene.get().await.unwrap();
    // until the close has arrived
    for _ in 0..200 {
        // it may have come before the connection could be kept
        let Some(idle) = scene.client.idle.first_mut() else {
            break;
        };
        if !idle.connection.is_usable().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let origin = Origin::of(&scene.url()).unwrap();
    assert!(scene.client.kept(&origin).await.is_none());
    scene.post().await.unwrap();
    assert_eq!(scene.seen(), ["#0 GET".to_owned(), format!("#1 POST {FORM}")]);
}

#[tokio::test]
async fn a_request_lost_on_a_kept_connection_is_repeated_once_and_whole() {
    let lost: &[Act] = &[Act::Say(PAGE), Act::Say("")];
    let mut scene = Scene::new(Box::leak(Box::new([lost, &[Act::Say(PAGE)]]))).await;
    scene.get().await.unwrap();
    assert_eq!(scene.post().await.unwrap().body, "hello");
    let post = |index| format!("#{index} POST {FORM}");
    assert_eq!(scene.seen(), ["#0 GET".to_owned(), post(0), post(1)]);

    let mut scene = Scene::new(Box::leak(Box::new([lost, &[Act::Say("")], &[Act::Say(PAGE)]]))).await;
    scene.get().await.unwrap();
    let error = scene.post().await.unwrap_err();
    assert!(matches!(error, NetError::Closed { .. }), "{error:?}");
    assert_eq!(scene.seen(), ["#0 GET".to_owned(), post(0), post(1)]);
}

#[tokio::test]
async fn a_request_lost_on_a_fresh_connection_is_not_repeated() {
    let mut scene = Scene::new(&[&[Act::Say("")], &[Act::Say(PAGE)]]).await;
    let error = scene.post().await.unwrap_err();
    assert!(matches!(error, NetError::Closed { .. }), "{error:?}");
    assert_eq!(scene.seen(), [format!("#0 POST {FORM}")]);
}

#[tokio::test]
async fn a_request_is_not_repeated_when_its_answer_has_begun() {
    for begun in [
        "H",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhell",
        "SSH-2.0\r\n\r\n",
    ] {
        let connections: &[&[Act]] =
            &*vec![&*vec![Act::Say(PAGE), Act::Say(begun)].leak(), &[Act::Say(PAGE)]].leak();
        let mut scene = Scene::new(connections).await;
        scene.get().await.unwrap();
        scene.post().await.unwrap_err();
        assert_eq!(scene.seen(), ["#0 GET".to_owned(), format!("#0 POST {FORM}")]);
    }
}

#[tokio::test]
async fn a_request_that_took_too_long_is_not_repeated() {
    let mut scene = Scene::new(&[&[Act::Say(PAGE), Act::Stay("")], &[Act::Say(PAGE)]]).await;
    scene.get().await.unwrap();
    scene.client.limits.time = Duration::from_millis(100);
    let error = scene.post().await.unwrap_err();
    let place = format!("{NAME}:{}", scene.gateway.port);
    assert_eq!(
        error.to_string(),
        format!("an answer from {place} took longer than 100ms")
    );
    assert_eq!(scene.seen(), ["#0 GET".to_owned(), format!("#0 POST {FORM}")]);
    scene.get().await.unwrap();
    assert_eq!(scene.seen().last().unwrap(), "#1 GET");
}

#[tokio::test]
async fn a_connection_that_rested_too_long_is_not_used_again() {
    let mut scene = Scene::new(&[&[Act::Say(PAGE), Act::Say(PAGE)], &[Act::Say(PAGE)]]).await;
    scene.get().await.unwrap();
    scene.client.idle_limit = Duration::ZERO;
    scene.get().await.unwrap();
    assert_eq!(scene.seen(), ["#0 GET", "#1 GET"]);
}

#[tokio::test]
async fn a_request_given_up_leaves_the_client_usable() {
    let mut scene = Scene::new(&[&[Act::Stay("HTTP/1.1 200 OK\r\n")], &[Act::Say(PAGE)]]).await;
    let given_up = tokio::time::timeout(Duration::from_millis(100), scene.get()).await;
    assert!(given_up.is_err());
    assert_eq!(scene.get().await.unwrap().body, "hello");
}
