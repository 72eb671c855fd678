//! Certificates, right and wrong, and the authority that a test trusts. All are made anew for each server.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;

/// What a server shows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// For 127.0.0.1 and localhost, by the authority that the test may trust.
    Good,
    /// It was good until some years ago.
    Expired,
    /// It will be good in many years.
    NotYetValid,
    /// For another server.
    WrongName,
    /// By nobody but the server itself.
    SelfSigned,
    /// By an authority that nobody knows.
    UnknownAuthority,
}

impl Certificate {
    pub const ALL: [Certificate; 6] = [
        Certificate::Good,
        Certificate::Expired,
        Certificate::NotYetValid,
        Certificate::WrongName,
        Certificate::SelfSigned,
        Certificate::UnknownAuthority,
    ];

    /// What the server needs, and the authority's certificate as a PEM file holds it.
    pub(super) fn make(self) -> (Arc<ServerConfig>, String) {
        let (authority, trusted) = authority("Trusted by tests");
        let key = KeyPair::generate().expect("a key");
        let names: &[&str] = if self == Certificate::WrongName { &["elsewhere.example"] } else { &["127.0.0.1", "localhost"] };
        let params = self.dated(params(names, "A mock model server"));
        let certificate = match self {
            Certificate::SelfSigned => params.self_signed(&key),
            Certificate::UnknownAuthority => params.signed_by(&key, &self::authority("Trusted by nobody").0),
            _ => params.signed_by(&key, &authority),
        };
        let certificate = certificate.expect("a certificate").der().clone();
        (config(certificate, &key), trusted)
    }

    fn dated(self, mut params: CertificateParams) -> CertificateParams {
        let (from, to) = match self {
            Certificate::Expired => (2000, 2020),
            Certificate::NotYetValid => (2090, 2099),
            _ => (2000, 2099),
        };
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        params
    }
}

fn params(names: &[&str], own_name: &str) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names that a certificate can hold");
    params.distinguished_name.push(DnType::CommonName, own_name);
    params
}

/// An authority, and its certificate.
fn authority(name: &str) -> (Issuer<'static, KeyPair>, String) {
    let mut params = params(&[], name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().expect("a key");
    let pem = params.self_signed(&key).expect("a certificate").pem();
    (Issuer::new(params, key), pem)
}

fn config(certificate: CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider's versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    Arc::new(config.expect("a certificate with its key"))
}
