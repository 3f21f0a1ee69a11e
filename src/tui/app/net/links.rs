//! What leads to what: the things that a detail names, in order.

use crate::datasets::network::{Link, find_list, links};
use crate::tui::app::place::Subject;
use crate::tui::app::state::State;
use icpulse_model::{Principal, ProposalKey};

impl State {
    /// What a detail leads to; a node also to the proposals that name it.
    pub fn links(&self, subject: &Subject) -> Vec<Link> {
        let mut links = links(subject, &self.cell_context());
        if let Subject::Node(id) = subject {
            let named = |to| Link { to: Subject::Proposal(to), what: "named by", column: None };
            links.extend(self.proposals_naming(&[*id]).into_iter().map(named));
        }
        links
    }

    /// Proposals whose title, or whose text where it was read, names one of these nodes.
    pub fn proposals_naming(&self, nodes: &[Principal]) -> Vec<ProposalKey> {
        // No frame walks the whole history.
        const LOOKED_AT: usize = 500;
        let names: Vec<String> = nodes.iter().map(Principal::to_text).collect();
        let mut found: Vec<ProposalKey> = self
            .events()
            .filter(|e| e.node.is_some_and(|n| nodes.contains(&n)))
            .filter_map(|e| e.proposal)
            .collect();
        for p in self.world.proposals.iter().take(LOOKED_AT) {
            let body = self.bodies.get(p.id);
            let names_one = |text: &str| names.iter().any(|n| text.contains(n.as_str()));
            if names_one(p.title.as_str()) || body.is_some_and(|b| names_one(b.summary.as_str())) {
                found.push(p.id);
            }
        }
        found.sort_by_key(|id| std::cmp::Reverse(*id));
        found.dedup();
        found
    }

    /// What happened to a subject of the network, the newest first.
    pub fn events_about(&self, subject: &Subject) -> Vec<Subject> {
        let Some(list) = find_list(subject) else { return Vec::new() };
        self.numbered_events().filter(|(_, e)| (list.is_about)(subject, e)).map(|(id, _)| id).collect()
    }
}
