//! What the machine says about itself, and the gateway's request for its certificates (`juniper-nc.md §5.7`).
//!
//! The name is that of the gateway's XML root: `FunkMessage`.

use super::certificate::{MachineCertificate, NamePart};
use super::tags::{escaped, tags};

/// A machine as a gateway may know it. Nothing of it is sent unless the user said so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachineIdentity {
    /// Name of the operating system.
    pub platform: String,
    /// Host name.
    pub host_name: Option<String>,
    /// Hardware addresses as the gateway writes them.
    pub mac_addresses: Vec<String>,
    /// What may be shown when the gateway asks for it.
    pub certificates: Vec<MachineCertificate>,
}

/// A certificate a gateway wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRequest {
    /// What the gateway calls it.
    pub id: String,
    /// What the issuer's name must have.
    pub issuer: Vec<NamePart>,
}

impl MachineIdentity {
    /// Platform, name and addresses. In all but the platform name and value change places, as gateways expect it.
    pub(super) fn description(&self) -> String {
        let mut inner = attribute("Platform", &self.platform);
        if let Some(name) = &self.host_name {
            inner += &attribute(name, "NETBIOSName");
        }
        for address in &self.mac_addresses {
            inner += &attribute(address, "MACAddress");
        }
        self.message(&format!(
            "<ClientAttributes SequenceID='-1'>{inner}</ClientAttributes>"
        ))
    }

    /// Says that a machine is there to be asked.
    pub(super) fn presence(&self) -> String {
        self.message("<Present SequenceID='0'></Present>")
    }

    /// The certificates asked for, each twice, as gateways expect it; beside it the requests that none fits.
    pub(super) fn answer(&self, requests: &[CertificateRequest]) -> (String, Vec<String>) {
        let mut inner = attribute("Platform", &self.platform);
        let mut missing = Vec::new();
        for CertificateRequest { id, issuer } in requests {
            let mut certificates = self.certificates.iter();
            match certificates.find(|certificate| certificate.is_issued_by(issuer)) {
                Some(certificate) => inner += &attribute(id, certificate.pem()).repeat(2),
                None => missing.push(id.clone()),
            }
        }
        let text = self.message(&format!(
            "<ClientAttributes SequenceID='0'>{inner}</ClientAttributes>"
        ));
        (text, missing)
    }

    fn message(&self, inner: &str) -> String {
        format!(
            "<FunkMessage VendorID='2636' ProductID='1' Version='1' Platform='{}' ClientType='Agentless'>{inner}\
             </FunkMessage>",
            escaped(&self.platform)
        )
    }
}

fn attribute(name: &str, value: &str) -> String {
    format!("<Attribute Name='{}' Value='{}'/>", escaped(name), escaped(value))
}

/// The certificates a gateway asks for. Other requests, and all beyond 64, are left out.
pub fn requests(text: &str) -> Vec<CertificateRequest> {
    let mut requests: Vec<CertificateRequest> = Vec::new();
    let mut inside = false;
    let mut open = false;
    for tag in tags(text) {
        if tag.is("AttributeRequest") {
            inside = true;
        } else if tag.is("/AttributeRequest") {
            (inside, open) = (false, false);
        } else if tag.is("/CertData") {
            open = false;
        } else if tag.is("CertData") && inside {
            let id = tag.attribute("Id").unwrap_or_default();
            open = !id.is_empty() && requests.len() < MAX_REQUESTS;
            if open {
                requests.push(CertificateRequest {
                    id: id.to_owned(),
                    issuer: Vec::new(),
                });
            }
        } else if tag.is("Attribute")
            && open
            && tag.attribute("Name") == Some("IssuerDN")
            && tag.attribute("Type") == Some("DN")
            && let Some(request) = requests.last_mut()
        {
            let parts = name_parts(tag.attribute("Value").unwrap_or_default());
            let room = MAX_PARTS.saturating_sub(request.issuer.len());
            request.issuer.extend(parts.into_iter().take(room));
        }
    }
    requests
}

/// `oid=text, oid=text`. A comma that no identifier follows belongs to the text before it.
fn name_parts(value: &str) -> Vec<NamePart> {
    let mut parts: Vec<NamePart> = Vec::new();
    for piece in value.split(',') {
        match (identified(piece), parts.last_mut()) {
            (Some(part), _) => parts.push(part),
            (None, Some(before)) => {
                before.text.push(',');
                before.text.push_str(piece);
            }
            (None, None) => {}
        }
    }
    for part in &mut parts {
        part.text.truncate(part.text.trim_end().len());
    }
    parts
}

fn identified(piece: &str) -> Option<NamePart> {
    let (oid, text) = piece.split_once('=')?;
    let oid = oid.trim();
    let is_oid = oid.contains('.') && oid.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.');
    is_oid.then(|| NamePart {
        oid: oid.to_owned(),
        text: text.trim_start().to_owned(),
    })
}

/// Certificates of one machine.
const MAX_REQUESTS: usize = 64;
/// Parts of one name.
const MAX_PARTS: usize = 64;

#[cfg(test)]
mod tests {
    use super::super::certificate::tests::{issued_by, part};
    use super::*;

    fn machine() -> MachineIdentity {
        MachineIdentity {
            platform: "Linux 'x'".to_owned(),
            host_name: Some("host".to_owned()),
            mac_addresses: vec!["00:11".to_owned(), "22:33".to_owned()],
            certificates: vec![MachineCertificate::parse(&issued_by("Devices")).unwrap()],
        }
    }

    fn request(id: &str, issuer: &[NamePart]) -> CertificateRequest {
        CertificateRequest {
            id: id.to_owned(),
            issuer: issuer.to_vec(),
        }
    }

    const ROOT: &str = "<FunkMessage VendorID='2636' ProductID='1' Version='1' Platform='Linux &apos;x&apos;' ClientType='Agentless'>";

    #[test]
    fn the_description_has_the_documented_form() {
        assert_eq!(
            machine().description(),
            format!(
                "{ROOT}<ClientAttributes SequenceID='-1'><Attribute Name='Platform' Value='Linux &apos;x&apos;'/>\
                 <Attribute Name='host' Value='NETBIOSName'/><Attribute Name='00:11' Value='MACAddress'/>\
                 <Attribute Name='22:33' Value='MACAddress'/></ClientAttributes></FunkMessage>"
            )
        );
        assert_eq!(
            machine().presence(),
            format!("{ROOT}<Present SequenceID='0'></Present></FunkMessage>")
        );
    }

    #[test]
    fn certificates_that_fit_are_sent_twice_and_others_are_missing() {
        let requests = [
            request("1", &[part("2.5.4.3", "Devices")]),
            request("2&", &[part("2.5.4.3", "Others")]),
        ];
        let (text, missing) = machine().answer(&requests);
        let pem = machine().certificates.len();
        assert_eq!(pem, 1);
        assert_eq!(missing, ["2&"]);
        assert_eq!(text.matches("<Attribute Name='1' Value='-----BEGIN ").count(), 2);
        assert!(text.starts_with(&format!(
            "{ROOT}<ClientAttributes SequenceID='0'><Attribute Name='Platform'"
        )));
        assert!(!text.contains("Name='2"));
    }

    #[test]
    fn requests_are_read() {
        let text = "<FunkMessage VendorID='2636'><AttributeRequest SequenceID='0'>\
            <CertData Id='A1'><Attribute Name='IssuerDN' Type='DN' Value='2.5.4.3=Devices, 2.5.4.10=Example, GmbH'/>\
            <Attribute Name='Other' Type='DN' Value='2.5.4.3=x'/></CertData>\
            <Attribute Name='IssuerDN' Type='DN' Value='2.5.4.3=outside'/>\
            <CertData Id=\"B&amp;2\"><Attribute Name='IssuerDN' Type='Text' Value='2.5.4.3=x'></Attribute></CertData>\
            <CertData/></AttributeRequest><CertData Id='C'></FunkMessage>";
        assert_eq!(
            requests(text),
            [
                request(
                    "A1",
                    &[part("2.5.4.3", "Devices"), part("2.5.4.10", "Example, GmbH")]
                ),
                request("B&2", &[]),
            ]
        );
        assert_eq!(requests(""), []);
    }

    #[test]
    fn requests_without_end_are_cut() {
        let many: String = (0..100).map(|n| format!("<CertData Id='{n}'>")).collect();
        assert_eq!(requests(&format!("<AttributeRequest>{many}")).len(), MAX_REQUESTS);
        let value = "1.2=x,".repeat(100);
        let one = format!(
            "<AttributeRequest><CertData Id='1'><Attribute Name='IssuerDN' Type='DN' Value='{value}'>"
        );
        assert_eq!(requests(&one)[0].issuer.len(), MAX_PARTS);
    }

    #[test]
    fn commas_and_equal_signs_may_be_in_names() {
        let table: [(&str, &[NamePart]); 5] = [
            ("2.5.4.3 = a=b , c=d", &[part("2.5.4.3", "a=b , c=d")]),
            ("CN=x", &[]),
            ("x, 2.5.4.3=a", &[part("2.5.4.3", "a")]),
            ("2.5.4.3=", &[part("2.5.4.3", "")]),
            ("", &[]),
        ];
        for (value, parts) in table {
            assert_eq!(name_parts(value), parts, "{value}");
        }
    }
}
