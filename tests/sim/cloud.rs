//! The whole cloud and its regions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cinder::Cinder;
use super::clock::Clock;
use super::faults::{Faults, Service};
use super::glance::Glance;
use super::keystone::{Keystone, TokenSpec};
use super::listener::{Listener, bind};
use super::neutron::Neutron;
use super::nova::Nova;
use super::placement::Placement;
use super::serve::App;

/// A cloud that lives as long as this value.
pub struct SimCloud {
    pub keystone: Arc<Keystone>,
    /// Faults of Keystone; each region has its own.
    pub faults: Arc<Faults>,
    regions: BTreeMap<String, SimRegion>,
    listener: Listener,
}

impl SimCloud {
    /// Starts a cloud with these regions, all alike but for their ids.
    pub async fn start(regions: &[&str]) -> Self {
        let faults = Arc::new(Faults::default());
        let socket = bind();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let keystone = Arc::new(Keystone::new(url));
        let listener = Listener::start(socket, Arc::clone(&keystone) as Arc<dyn App>, Arc::clone(&faults));
        let started = regions.iter().zip(1..);
        let regions = started.map(|(name, number)| ((*name).to_owned(), SimRegion::start(name, number, &keystone)));
        let cloud = Self { regions: regions.collect(), keystone, faults, listener };
        // Give the accepting tasks their first turn before the first connect.
        tokio::task::yield_now().await;
        cloud
    }

    /// `http://127.0.0.1:port/v3`.
    pub fn auth_url(&self) -> String {
        self.keystone.url()
    }

    /// A region by name.
    pub fn region(&self, name: &str) -> &SimRegion {
        self.regions.get(name).expect("a known region")
    }

    /// All regions, by name.
    pub fn regions(&self) -> impl Iterator<Item = &SimRegion> {
        self.regions.values()
    }

    /// A token of one of the users (`admin`, `demo`, `alt`, `reader`, `cascade`), at once.
    pub fn token(&self, user: &str) -> String {
        self.keystone.mint(TokenSpec::of(user))
    }

    /// Makes a token unknown.
    pub fn revoke(&self, token: &str) {
        self.keystone.revoke(token);
    }

    /// Closes Keystone's port.
    pub async fn keystone_down(&self) {
        self.listener.down().await;
    }

    /// Opens it again.
    pub fn keystone_up(&self) {
        self.listener.up();
    }

    /// Adds the proxy to the catalog as a region of its own, with the one Keystone as its identity.
    pub fn add_cascade(&self, region: &str, compute_url: &str) {
        self.keystone.add_endpoint(region, "identity", &self.auth_url());
        self.keystone.add_endpoint(region, "compute", compute_url);
    }
}

/// One region.
pub struct SimRegion {
    pub name: String,
    pub nova: Arc<Nova>,
    pub neutron: Arc<Neutron>,
    pub glance: Arc<Glance>,
    pub placement: Arc<Placement>,
    /// In the catalog from [`Self::offer_volumes`] on.
    pub cinder: Arc<Cinder>,
    /// Faults of this region's services.
    pub faults: Arc<Faults>,
    clock: Arc<Clock>,
    listeners: Vec<(Service, Listener)>,
}

impl SimRegion {
    fn start(name: &str, number: u8, keystone: &Arc<Keystone>) -> Self {
        let (clock, faults) = (Arc::new(Clock::default()), Arc::new(Faults::default()));
        let neutron = Arc::new(Neutron::new(number, Arc::clone(keystone), Arc::clone(&clock)));
        let glance = Arc::new(Glance::new(Arc::clone(keystone)));
        let placement = Arc::new(Placement::new(Arc::clone(keystone)));
        let cinder = Arc::new(Cinder::new(Arc::clone(keystone)));
        let nova = Nova::new(name, keystone, &neutron, &glance, &placement, &clock);
        let serve = |app: Arc<dyn App>| (app.service(), Listener::start(bind(), app, Arc::clone(&faults)));
        let listeners = vec![
            serve(Arc::clone(&nova) as Arc<dyn App>),
            serve(Arc::clone(&neutron) as Arc<dyn App>),
            serve(Arc::clone(&glance) as Arc<dyn App>),
            serve(Arc::clone(&placement) as Arc<dyn App>),
            serve(Arc::clone(&cinder) as Arc<dyn App>),
        ];
        let region = Self { name: name.to_owned(), nova, neutron, glance, placement, cinder, faults, clock, listeners };
        region.enter_catalog(keystone);
        region
    }

    fn enter_catalog(&self, keystone: &Keystone) {
        self.enter_catalog_as(keystone, &self.name);
    }

    /// Puts its services into the catalog under this name, too.
    pub fn enter_catalog_as(&self, keystone: &Keystone, name: &str) {
        keystone.add_endpoint(name, "identity", &keystone.url());
        keystone.add_endpoint(name, "compute", &self.url(Service::Nova));
        keystone.add_endpoint(name, "network", &self.url(Service::Neutron));
        keystone.add_endpoint(name, "image", &self.url(Service::Glance));
        keystone.add_endpoint(name, "placement", &self.url(Service::Placement));
    }

    /// Puts its Cinder into the catalog, as most clouds do: with the project of whoever reads it.
    pub fn offer_volumes(&self, cloud: &SimCloud) {
        let url = format!("{}/v3/{}", self.url(Service::Cinder), cloud.keystone.project_id("service"));
        cloud.keystone.add_endpoint(&self.name, "volumev3", &url);
    }

    /// A service's address as the catalog has it: `…/v2.1` for Nova, the root for the others.
    pub fn url(&self, service: Service) -> String {
        let suffix = if service == Service::Nova { "/v2.1" } else { "" };
        self.listeners().find(|(s, _)| *s == service).map(|(_, l)| l.url() + suffix).expect("a service of a region")
    }

    fn listeners(&self) -> impl Iterator<Item = &(Service, Listener)> {
        self.listeners.iter()
    }

    /// Puts the region's clock this many seconds ahead (behind, if negative).
    pub fn set_clock_offset(&self, seconds: i64) {
        self.clock.set_offset_s(seconds);
    }

    /// Closes all of the region's ports: connects are refused, open connections end.
    pub async fn down(&self) {
        for (_, listener) in self.listeners() {
            listener.down().await;
        }
    }

    /// Opens them again.
    pub fn up(&self) {
        for (_, listener) in self.listeners() {
            listener.up();
        }
    }

    /// Closes one service's port.
    pub async fn down_service(&self, service: Service) {
        for (_, listener) in self.listeners().filter(|(s, _)| *s == service) {
            listener.down().await;
        }
    }
}
