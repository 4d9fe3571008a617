//! Addresses of proxies in front of the service.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de};

/// Addresses and networks, as `["192.0.2.10", "2001:db8::/64"]`; in the environment with commas between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Whether the address is one of a proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let texts = texts.into_iter().map(str::trim).filter(|text| !text.is_empty());
        texts.map(network).collect::<Result<_, _>>().map(Self)
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let parsed = text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
    parsed.or_else(|_| text.parse()).map_err(|_| format!("{text:?} is no IP address and no network such as 10.0.0.0/8"))
}

impl<'de> Deserialize<'de> for TrustedProxies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            List(Vec<String>),
            Text(String),
        }
        let parsed = match Form::deserialize(deserializer)? {
            Form::List(texts) => Self::parse(texts.iter().map(String::as_str)),
            Form::Text(text) => Self::parse(text.split(',')),
        };
        parsed.map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<TrustedProxies, String> {
        #[derive(Deserialize)]
        struct Tree {
            proxies: TrustedProxies,
        }
        let source = config::File::from_str(toml, config::FileFormat::Toml);
        let tree = config::Config::builder().add_source(source).build().map_err(|e| e.to_string())?;
        tree.try_deserialize::<Tree>().map(|tree| tree.proxies).map_err(|e| e.to_string())
    }

    #[test]
    fn addresses_and_networks_are_matched() {
        for toml in [
            r#"proxies = ["192.0.2.10", "10.0.0.0/8", "2001:db8::/64"]"#,
            r#"proxies = "192.0.2.10, 10.0.0.0/8,2001:db8::/64""#,
        ] {
            let proxies = read(toml).expect(toml);
            for (address, expected) in [
                ("192.0.2.10", true),
                ("::ffff:192.0.2.10", true),
                ("192.0.2.11", false),
                ("10.9.8.7", true),
                ("2001:db8::5", true),
                ("2001:db8:0:1::5", false),
            ] {
                assert_eq!(proxies.contains(address.parse().expect("an address")), expected, "{address}");
            }
        }
        assert!(!TrustedProxies::default().contains(IpAddr::from([127, 0, 0, 1])));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["haproxy.example.org", "10.0.0.0/33", "10.0.0.1:80"] {
            let error = read(&format!("proxies = [{text:?}]")).expect_err(text);
            assert!(error.contains(text), "{error}");
        }
    }
}
