//! Which regions there are: those of the configuration, else those of the Keystone catalog with a compute endpoint.

use std::collections::BTreeMap;

use http::{HeaderMap, Method};
use serde::Deserialize;

use super::error::{CallError, Sent};
use super::service::{KEYSTONE, ServiceAccount, ServiceRequest};
use crate::config::{Config, ms};
use crate::db::regions::Found;

#[derive(Deserialize)]
struct Catalog {
    catalog: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    service_type: String,
    endpoints: Vec<Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    interface: String,
    region: Option<String>,
    url: String,
}

/// The regions below, by name.
///
/// # Errors
/// [`CallError`] where Keystone does not give its catalog.
pub async fn find(config: &Config, service: &ServiceAccount) -> Result<Vec<Found>, CallError> {
    if !config.regions.is_empty() {
        let given = config.regions.iter().map(|region| Found {
            name: region.name.clone(),
            compute_url: region.compute_url.trim_end_matches('/').to_owned(),
            network_url: bare(&region.network_url, "/v2.0"),
            image_url: bare(&region.image_url, "/v2"),
            placement_url: region.placement_url.trim_end_matches('/').to_owned(),
            volume_url: before(&region.volume_url, "/v3"),
        });
        return Ok(given.collect());
    }
    let request = ServiceRequest {
        method: Method::GET,
        url: format!("{}/auth/catalog", config.keystone.url.trim_end_matches('/')),
        headers: HeaderMap::new(),
        body: None,
        timeout: ms(config.keystone.timeout_ms),
    };
    let answer = service.call(KEYSTONE, request).await?;
    let unreadable = || CallError::new(KEYSTONE, Sent::Maybe, "its catalog could not be read");
    let catalog: Catalog = serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
    Ok(regions(&catalog, &config.region.interface, &config.region.top_names))
}

fn regions(catalog: &Catalog, interface: &str, top_names: &[String]) -> Vec<Found> {
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for entry in &catalog.catalog {
        for endpoint in entry.endpoints.iter().filter(|endpoint| endpoint.interface == interface) {
            let Some(name) = endpoint.region.clone().filter(|name| !top_names.contains(name)) else { continue };
            let fresh = || Found { name: name.clone(), ..Found::default() };
            let region = found.entry(name.clone()).or_insert_with(fresh);
            match entry.service_type.as_str() {
                "compute" => endpoint.url.trim_end_matches('/').clone_into(&mut region.compute_url),
                "network" => region.network_url = bare(&endpoint.url, "/v2.0"),
                "image" => region.image_url = bare(&endpoint.url, "/v2"),
                "placement" => endpoint.url.trim_end_matches('/').clone_into(&mut region.placement_url),
                // The official name, its alias, and the one that most clouds use.
                "block-storage" | "block-store" | "volumev3" => region.volume_url = before(&endpoint.url, "/v3"),
                _ => {}
            }
        }
    }
    found.into_values().filter(|region| !region.compute_url.is_empty()).collect()
}

fn bare(url: &str, version: &str) -> String {
    let url = url.trim_end_matches('/');
    url.strip_suffix(version).unwrap_or(url).to_owned()
}

/// An endpoint up to its version: Cinder's goes on with the project of whoever reads the catalog.
fn before(url: &str, version: &str) -> String {
    let url = url.trim_end_matches('/');
    let end = url.rfind(version).filter(|end| matches!(url.as_bytes().get(end + version.len()), None | Some(b'/')));
    end.map_or(url, |end| &url[..end]).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_gives_every_region_but_the_top() {
        let catalog = serde_json::from_value(serde_json::json!({"catalog": [
            {"type": "compute", "endpoints": [
                {"interface": "public", "region": "R1", "url": "http://r1:8774/v2.1/"},
                {"interface": "internal", "region": "R1", "url": "http://inside:8774/v2.1"},
                {"interface": "public", "region": "Cascade", "url": "http://top:8774/v2.1"}]},
            {"type": "network", "endpoints": [
                {"interface": "public", "region": "R1", "url": "http://r1:9696/v2.0/"},
                {"interface": "public", "region": "NoCompute", "url": "http://x:9696"}]},
            {"type": "placement", "endpoints": [
                {"interface": "public", "region": "R1", "url": "http://r1/placement/"}]},
            {"type": "volumev3", "endpoints": [
                {"interface": "public", "region": "R1", "url": "http://r1:8776/v3/5e8d3ed6"}]},
        ]}))
        .expect("a catalog");
        let found = regions(&catalog, "public", &["Cascade".into()]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].compute_url, "http://r1:8774/v2.1");
        assert_eq!(found[0].network_url, "http://r1:9696");
        assert_eq!(found[0].placement_url, "http://r1/placement");
        assert_eq!(found[0].volume_url, "http://r1:8776");
        assert_eq!(before("http://r1/volume/v3/", "/v3"), "http://r1/volume");
        assert_eq!(before("http://v3.example.org/volume", "/v3"), "http://v3.example.org/volume");
    }
}
