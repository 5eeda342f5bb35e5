//! Connections that judge a gateway without acting upon it.

use super::*;

#[tokio::test]
async fn a_probe_reaches_a_stranger_and_tells_why_it_would_not_be_trusted() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let leaf = authority.leaf(NAME);
    let gateway = Gateway::modern(leaf.server(), Script::Echo).await;
    let pin = leaf.pin();
    let unknown = "unknown issuer, and there is no root to check it with";
    for (mut settings, verdict) in [
        (settings(gateway.port), Some(unknown.to_owned())),
        (
            pinned(gateway.port, Pin::of_key(b"another key")),
            Some("its public key matches none of the given pins".to_owned()),
        ),
        (trusting(gateway.port, &folder, &authority), None),
        (pinned(gateway.port, pin.clone()), None),
    ] {
        settings.tls.accept_untrusted_for_probe = true;
        for mode in modes() {
            settings.tls.mode = mode;
            let mut connection = connect(&settings).await.unwrap();
            ping(&mut connection).await;
            assert_eq!(connection.tls.verdict, verdict, "{mode:?}");
            assert_eq!(connection.tls.pin, pin.to_string());
            assert_eq!(connection.tls.chain, [leaf.der().to_vec()]);
        }
        settings.tls.accept_untrusted_for_probe = false;
        assert_eq!(connect(&settings).await.is_ok(), verdict.is_none());
    }
}

#[tokio::test]
async fn a_probe_shows_no_certificate_of_ours() {
    let clients = Authority::new();
    let client = clients.leaf("joe");
    let config = Authority::new().leaf(NAME).server_for(Some(&clients));
    let gateway = Gateway::modern(config, Script::Echo).await;
    let folder = Folder::new();
    let mut settings = settings(gateway.port);
    settings.tls.certificate = Some(folder.write("joe.pem", &client.pem));
    settings.tls.key = Some(folder.write("joe.key", &client.key.serialize_pem()));
    settings.tls.accept_untrusted_for_probe = true;
    let error = crate::net::http::tests::fetch(&mut connector(&settings).unwrap()).await;
    let error = error.unwrap_err().user_error();
    assert!(
        error
            .place
            .is_some_and(|place| place.contains("certificate_required")),
        "no certificate was shown"
    );
}
