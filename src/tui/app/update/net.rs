//! The network's screen: which list, whose provider, names, what-if, and the time.

use super::keys::single_line_input;
use crate::datasets::other_account;
use crate::tui::app::effect::Effect;
use crate::tui::app::layer::{
    AliasLayer, ChoiceItem, ChoiceKind, Layer, Level, NameTarget, TravelLayer, WhatIfLayer,
};
use crate::tui::app::net::find::{FindResult, parse_moment};
use crate::tui::app::net::{Difference, NetList, PastTopology, short_id};
use crate::tui::app::place::{Screen, Subject};
use crate::tui::app::state::State;
use icpulse_model::Principal;
use icpulse_model::decentralization::what_if;
use icpulse_model::event::Event;
use icpulse_model::names::{Nameable, Names};
use icpulse_model::own_nodes::OwnNodes;
use icpulse_model::query::{Haystacks, Word};
use icpulse_model::registry::{PointInTime, Topology};
use icpulse_model::text::Line;
use std::collections::BTreeSet;
use std::sync::Arc;

impl State {
    /// Shows one of the network's lists.
    pub(super) fn show_list(&mut self, list: NetList) {
        if self.place.detail.is_some() || self.place.screen != Screen::Network {
            self.go_to(Screen::Network);
        }
        self.net.shown = list;
        self.dirty = true;
    }

    /// Shows the next list.
    pub(super) fn next_list(&mut self, by: isize) {
        let all: Vec<NetList> = NetList::all().collect();
        let len = isize::try_from(all.len()).unwrap_or(1);
        let place = isize::try_from(self.net.shown.place()).unwrap_or(0) + by;
        let place = usize::try_from(place.rem_euclid(len)).unwrap_or(0);
        self.net.shown = all.get(place).copied().unwrap_or_default();
    }

    /// The subnet that a what-if would be about: the selected or opened one.
    pub fn target_subnet(&self) -> Option<Principal> {
        let of = |subject: Subject| match subject {
            Subject::Subnet(id) => Some(id),
            _ => None,
        };
        match &self.place.detail {
            Some(detail) => of(detail.subject).or_else(|| self.subject().and_then(of)),
            None => self.subject().and_then(of),
        }
    }

    /// The node that would be named: the selected one, else the opened one.
    pub fn target_node(&self) -> Option<Principal> {
        let of = |subject: Subject| match subject {
            Subject::Node(id) | Subject::Boundary(id) => Some(id),
            _ => None,
        };
        match &self.place.detail {
            Some(detail) => self.subject().and_then(of).or_else(|| of(detail.subject)),
            None => self.subject().and_then(of),
        }
    }

    /// Offers all providers, the ones with most nodes first.
    pub(super) fn choose_provider(&mut self) {
        if self.net.provider_fixed {
            self.show_toast(Level::Info, "my provider: the configuration's `provider` says who you are");
            return;
        }
        let providers = self.offered_providers();
        if providers.is_empty() {
            self.show_toast(Level::Warning, "my provider: no provider is known yet");
            return;
        }
        let items = providers
            .iter()
            .map(|(id, nodes)| ChoiceItem {
                label: Line::new(&self.marked_provider(id)),
                note: Line::new(&format!("{nodes} nodes  {id}")),
                on: Some(self.net.mine.provider == Some(*id)),
            })
            .collect();
        self.open_choice(ChoiceKind::Provider, "My provider", items);
    }

    fn offered_providers(&self) -> Vec<(Principal, usize)> {
        let all = self.topology().providers();
        let mut all: Vec<(Principal, usize)> = all.into_iter().map(|(id, p)| (id, p.nodes.len())).collect();
        all.sort_by_key(|(id, nodes)| (std::cmp::Reverse(*nodes), *id));
        all
    }

    /// Takes the chosen provider, or none when it is chosen again.
    pub(super) fn take_provider(&mut self, chosen: usize, effects: &mut Vec<Effect>) {
        let Some((id, _)) = self.offered_providers().get(chosen).copied() else { return };
        self.net.mine.provider = if self.net.mine.provider == Some(id) { None } else { Some(id) };
        effects.push(Effect::SaveMine(self.net.mine.clone()));
        self.refresh_net();
        if self.net.mine.provider.is_some() {
            let mine = NetList::all().find(|list| list.list().is_mine);
            self.show_list(mine.unwrap_or_default());
        }
    }

    /// What would be named: a node, a neuron, or the other account of a transaction.
    pub fn name_target(&self) -> Option<NameTarget> {
        if let Some(node) = self.target_node() {
            return Some(NameTarget::Node(node));
        }
        match self.subject()? {
            Subject::Neuron(id) => Some(NameTarget::Other(Nameable::Neuron(id))),
            Subject::Transaction(block) => {
                let account = self.account()?;
                let transaction = account.transactions.iter().find(|t| t.block == block)?;
                let other = other_account(transaction, &account.account.identifier())?;
                Some(NameTarget::Other(Nameable::Account(other)))
            }
            _ => None,
        }
    }

    /// Asks for a name.
    pub(super) fn ask_alias(&mut self) {
        let Some(target) = self.name_target() else { return };
        let name = match &target {
            NameTarget::Node(node) => self.net.mine.alias(self.topology(), node),
            NameTarget::Other(what) => self.names.get(what),
            NameTarget::Filter(_) => None,
        };
        let input = single_line_input(&name.map(ToString::to_string).unwrap_or_default());
        self.layers.push(Layer::Alias(AliasLayer { target, input }));
    }

    /// Takes the name that was typed.
    pub(super) fn take_alias(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Alias(layer)) = self.layers.pop() else { return };
        let name = Line::new(layer.input.value().trim());
        if let NameTarget::Filter(text) = &layer.target {
            let words = self.keep_filter(name.as_str().trim_start_matches('@'), text);
            return self.show_toast(Level::Good, words);
        }
        let what = match &layer.target {
            NameTarget::Node(node) => format!("node {}", short_id(node)),
            NameTarget::Other(Nameable::Neuron(id)) => format!("neuron {id}"),
            NameTarget::Other(Nameable::Account(id)) => format!("account {}", id.hex()),
            NameTarget::Filter(_) => return,
        };
        let words = if name.is_empty() {
            format!("removed the name of {what}")
        } else {
            format!("{what} is called {name}")
        };
        match layer.target {
            NameTarget::Node(node) => {
                let topology = Arc::clone(&self.world.topology);
                self.net.mine.set_alias(&topology, node, name);
                effects.push(Effect::SaveMine(self.net.mine.clone()));
                self.refresh_net();
            }
            NameTarget::Other(what) => {
                let mut names = self.names.as_ref().clone();
                names.set(what, name.clone());
                self.set_names(names);
                effects.push(Effect::SaveName(what, name));
            }
            NameTarget::Filter(_) => {}
        }
        self.show_toast(Level::Good, words);
    }

    /// Shows these names of neurons and accounts.
    pub fn set_names(&mut self, names: Names) {
        self.names = Arc::new(names);
        self.refresh_proposals();
        self.refresh_neurons();
        self.refresh_transactions();
    }

    /// What the file says is the user's.
    pub(super) fn put_mine(&mut self, mine: OwnNodes, provider_fixed: bool) {
        self.net.mine = mine;
        self.net.provider_fixed = provider_fixed;
        self.refresh_net();
        self.dirty = true;
    }

    /// Opens the what-if of a subnet.
    pub(super) fn open_what_if(&mut self) {
        let Some(subnet) = self.target_subnet() else { return };
        let topology = Arc::clone(self.topology());
        let result = what_if(&topology, &subnet, &[], &[]);
        self.layers.push(Layer::WhatIf(Box::new(WhatIfLayer {
            subnet,
            input: single_line_input(""),
            add: Vec::new(),
            remove: Vec::new(),
            shown: Vec::new(),
            cursor: 0,
            offset: 0,
            result,
        })));
        self.narrow_what_if();
    }

    /// The nodes that fit what was typed: members first, then spares.
    pub(super) fn narrow_what_if(&mut self) {
        let Some(Layer::WhatIf(layer)) = self.layers.last() else { return };
        let topology = Arc::clone(self.topology());
        let members =
            topology.subnets.get(&layer.subnet).map(|s| s.membership.as_slice()).unwrap_or_default();
        let spares = topology
            .nodes
            .keys()
            .filter(|n| topology.subnet_of(n).is_none() && !topology.is_boundary(n))
            .copied();
        let candidates: Vec<Principal> = members.iter().copied().chain(spares).collect();
        let words: Vec<Word> = layer.input.value().split_whitespace().map(Word::new).collect();
        let mut texts = Haystacks::default();
        for node in &candidates {
            texts.add(|out| out.push_str(&self.node_words(node)));
        }
        let fits = |place: usize| words.iter().all(|w| texts.get(place).contains_exactly(w));
        let shown = candidates.iter().enumerate().filter(|(i, _)| fits(*i)).map(|(_, n)| *n).collect();
        if let Some(Layer::WhatIf(layer)) = self.layers.last_mut() {
            layer.shown = shown;
            layer.cursor = 0;
            layer.offset = 0;
        }
    }

    /// All that people may type to find a node.
    fn node_words(&self, node: &Principal) -> String {
        let topology = self.topology();
        let mut words = node.to_text();
        let mut add = |word: &str| {
            words.push(' ');
            words.push_str(word);
        };
        if let Some(alias) = self.net.mine.alias(topology, node) {
            add(alias.as_str());
        }
        if let Some(provider) = topology.provider_of(node) {
            add(self.provider_name(&provider).as_str());
        }
        if let Some(center) = topology.data_center_of(node) {
            add(center.id.as_str());
            add(center.region.country.as_str());
            add(center.region.area.as_str());
            add(center.owner.as_str());
        }
        add(if topology.subnet_of(node).is_some() { "member" } else { "spare" });
        words
    }

    /// Takes the node under the cursor in or out.
    pub(super) fn toggle_what_if(&mut self) {
        let topology = Arc::clone(self.topology());
        let Some(Layer::WhatIf(layer)) = self.layers.last_mut() else { return };
        let Some(node) = layer.shown.get(layer.cursor).copied() else { return };
        let is_member = topology.subnet_of(&node) == Some(layer.subnet);
        let changed = if is_member { &mut layer.remove } else { &mut layer.add };
        match changed.iter().position(|n| *n == node) {
            Some(place) => {
                changed.remove(place);
            }
            None => changed.push(node),
        }
        layer.result = what_if(&topology, &layer.subnet, &layer.add, &layer.remove);
    }

    /// Asks for a version or a date.
    pub(super) fn ask_moment(&mut self) {
        self.layers.push(Layer::Travel(TravelLayer { input: single_line_input(""), error: None }));
    }

    /// Goes to the version or date that was typed.
    pub(super) fn travel_to_input(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Travel(layer)) = self.layers.last_mut() else { return };
        let typed = layer.input.value().trim().to_owned();
        if matches!(typed.as_str(), "" | "now") {
            self.layers.pop();
            self.return_to_now();
            return;
        }
        match parse_moment(&typed) {
            Ok(moment) => {
                self.layers.pop();
                self.net.travelling = Some(moment);
                effects.push(Effect::TimeTravel(moment));
            }
            Err(why) => layer.error = Some(why.into()),
        }
    }

    /// The past make-up has come, or why it cannot.
    pub(super) fn show_past(&mut self, moment: PointInTime, result: Result<Arc<Topology>, Line>) {
        // An answer to an older question is not wanted any more.
        if self.net.travelling != Some(moment) {
            return;
        }
        self.net.travelling = None;
        self.dirty = true;
        match result {
            Ok(topology) => {
                let changes = find_differences(&topology, &self.world.topology);
                self.net.then = Some(PastTopology { moment, topology, changes });
                if self.place.screen != Screen::Network {
                    self.go_to(Screen::Network);
                }
                self.refresh_net();
            }
            Err(why) => self.show_toast(Level::Warning, format!("time travel: {why}")),
        }
    }

    /// Shows today's network again.
    pub(super) fn return_to_now(&mut self) {
        self.net.travelling = None;
        if self.net.then.take().is_some() {
            self.refresh_net();
        }
        self.dirty = true;
    }

    /// The network's make-up has changed.
    pub(super) fn put_topology(&mut self, topology: Arc<Topology>) {
        self.world.topology = topology;
        if let Some(then) = &mut self.net.then {
            then.changes = find_differences(&then.topology, &self.world.topology);
        }
        self.refresh_net();
    }

    /// Newer events have come; those that the world forgets for them are kept if older ones are.
    pub(super) fn put_events(&mut self, events: Arc<Vec<Arc<Event>>>) {
        let before = std::mem::replace(&mut self.world.events, events);
        let oldest = self.world.events.last().map(|e| e.version);
        if !self.net.older.is_empty() {
            let forgotten = before.iter().chain(self.net.older.iter());
            let kept = forgotten.filter(|e| oldest.is_none_or(|v| e.version < v)).cloned().collect();
            self.net.older = Arc::new(kept);
        }
        self.refresh_events();
    }

    /// Older events were read back.
    pub(super) fn put_older(&mut self, result: Result<Vec<Arc<Event>>, Line>) {
        self.net.older_asked = false;
        self.dirty = true;
        match result {
            Ok(events) => {
                let last = self.events().last().map(|e| e.version);
                let mut older: Vec<Arc<Event>> = self.net.older.as_ref().clone();
                let before = older.len();
                older.extend(events.into_iter().filter(|e| last.is_none_or(|v| e.version < v)));
                if older.len() == before {
                    self.net.older_end = Some("these are all".into());
                    return;
                }
                self.net.older = Arc::new(older);
                self.refresh_events();
            }
            Err(why) => self.net.older_end = Some(why),
        }
    }

    /// Asks for older events when the last one known is reached.
    pub(super) fn want_older_events(&mut self, effects: &mut Vec<Effect>) {
        let list = self.net.list();
        let at_end = list.cursor + 1 >= list.rows.len();
        if self.place.screen == Screen::Network
            && self.place.detail.is_none()
            && self.net.shown.list().has_older
            && at_end
            && self.net.then.is_none()
            && !self.net.older_asked
            && self.net.older_end.is_none()
            && let Some(last) = self.events().last().map(|e| e.version)
        {
            self.net.older_asked = true;
            effects.push(Effect::OlderEvents(last));
        }
    }

    /// What a text that is no number leads to.
    pub(super) fn jump_to_id(&mut self, text: &str, effects: &mut Vec<Effect>) {
        let error = match self.find_subject(text) {
            FindResult::One(subject) => {
                self.layers.pop();
                self.open_subject(subject, effects);
                return;
            }
            FindResult::Many(count) => format!("{count} ids match; type more characters"),
            FindResult::Nothing if text.chars().any(|c| c.is_ascii_alphabetic()) => {
                "no subnet, node, provider or canister id begins with this".to_owned()
            }
            FindResult::Nothing => {
                "write a proposal's number, n and a neuron's, or an id's beginning".to_owned()
            }
        };
        if let Some(Layer::Jump(layer)) = self.layers.last_mut() {
            layer.error = Some(error.into());
        }
    }
}

/// What is different, by kind: gone since then, and new since then. (`registry` tells differences
/// one by one; on the screen their number is enough.)
fn find_differences(then: &Topology, now: &Topology) -> Vec<Difference> {
    fn count_changes<'k, K: Ord + 'k>(
        then: impl Iterator<Item = &'k K>,
        now: impl Iterator<Item = &'k K>,
    ) -> (usize, usize) {
        let (then, now): (BTreeSet<&K>, BTreeSet<&K>) = (then.collect(), now.collect());
        (then.difference(&now).count(), now.difference(&then).count())
    }
    let moved = then
        .nodes
        .keys()
        .filter(|n| now.nodes.contains_key(n) && then.subnet_of(n) != now.subnet_of(n))
        .count();
    let upgraded = then
        .subnets
        .keys()
        .filter(|id| now.subnets.contains_key(*id) && now.subnet_version(id) != then.subnet_version(id))
        .count();
    let mut all = Vec::new();
    for (what, (gone, new)) in [
        ("subnets", count_changes(then.subnets.keys(), now.subnets.keys())),
        ("nodes", count_changes(then.nodes.keys(), now.nodes.keys())),
        ("operators", count_changes(then.operators.keys(), now.operators.keys())),
        ("data centers", count_changes(then.data_centers.keys(), now.data_centers.keys())),
        ("boundary nodes", count_changes(then.api_boundary_nodes.keys(), now.api_boundary_nodes.keys())),
        ("versions", count_changes(then.replica_versions.keys(), now.replica_versions.keys())),
    ] {
        if gone + new > 0 {
            all.push(Difference { what, gone, new, changed: 0 });
        }
    }
    if moved > 0 {
        all.push(Difference { what: "nodes moved", gone: 0, new: 0, changed: moved });
    }
    if upgraded > 0 {
        all.push(Difference { what: "subnets upgraded", gone: 0, new: 0, changed: upgraded });
    }
    all
}
